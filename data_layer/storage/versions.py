"""The last good contents of a registry file: to go back to, or to start with when it is broken.

.meterbook/versions/users.csv.000017   0600, the bytes as they were; the highest is newest
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from data_layer.storage.durable_files import disk_trouble, write_atomically

KEEP = 10


@dataclass(frozen=True, slots=True)
class Versions:
    """Numbered copies of the file `name`. Called under that file's lock."""

    folder: Path
    name: str

    def keep(self, text: bytes) -> Path:
        """Keep one more content, unless it is the newest already; drop what is older than 10.

        Returns where it is kept. Raises Unavailable when the disk refuses.
        """
        kept = self._numbered()
        if kept and kept[-1][1].read_bytes() == text:
            return kept[-1][1]
        number = kept[-1][0] + 1 if kept else 1
        copy = self.folder / f"{self.name}.{number:06d}"
        write_atomically(copy, text, mode=0o600)
        with disk_trouble(f"old versions of {self.name} could not be dropped"):
            for _, path in kept[: max(0, len(kept) + 1 - KEEP)]:
                path.unlink()
        return copy

    def newest(self) -> bytes | None:
        """The content kept last, None when none is kept."""
        kept = self._numbered()
        return kept[-1][1].read_bytes() if kept else None

    def _numbered(self) -> list[tuple[int, Path]]:
        named = re.compile(re.escape(self.name) + r"\.(\d{6,})", re.ASCII)
        found = ((named.fullmatch(path.name), path) for path in self.folder.iterdir())
        return sorted((int(match[1]), path) for match, path in found if match)
