"""What a demo home was made from, kept in it: enough to invent the readings that follow."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from data_layer.errors import Corrupt
from data_layer.storage.durable_files import write_atomically
from data_layer.storage.home import PRIVATE_FOLDER

SEED = 531
_FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a demo home was made from: its first accounts are its households."""

    seed: int
    meters: int

    def keep(self, home: Path) -> None:
        """Write it into the home."""
        write_atomically(_recipe_file(home), json.dumps(asdict(self)).encode() + b"\n", mode=0o600)

    @classmethod
    def of(cls, home: Path, *, accounts: int) -> Recipe:
        """The home's own; of a home that keeps none, the usual seed and all its accounts."""
        path = _recipe_file(home)
        if not path.exists():
            return cls(SEED, accounts)
        try:
            kept = json.loads(path.read_bytes())
            return cls(seed=int(kept["seed"]), meters=int(kept["meters"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Corrupt(f"{path} does not say how the demo was made: {error!r}.") from error


def _recipe_file(home: Path) -> Path:
    return home / PRIVATE_FOLDER / _FILE
