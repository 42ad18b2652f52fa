"""How far logs are sealed and merged, to tell beside the server whether files moved meanwhile.

before     sealed-40.txt, manifest 7          look, read what takes minutes, look again:
rename     sealed-40.txt sealed-41.txt, 7     equal states say that no log was closed or
merged     sealed-40.txt sealed-41.txt, 8     merged from the first look to the second, and
put aside  none, 8                            so no day file was replaced
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data_layer.storage.log_names import sealed_logs
from data_layer.storage.manifest import Manifest


@dataclass(frozen=True, slots=True)
class SealState:
    """The closed logs that are not put aside, by generation, and the manifest's generation."""

    closed: tuple[int, ...]
    manifest: int

    @classmethod
    def of(cls, logs: Path, manifest: Path) -> SealState:
        """As the files say now. Raises Corrupt when the manifest does not hold.

        The logs first: one that came and went since the look before was merged in between, which
        the manifest, read after them, then says.
        """
        closed = tuple(generation for generation, _ in sealed_logs(logs))
        return cls(closed, Manifest.load(manifest).generation)
