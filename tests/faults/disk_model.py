"""A disk that keeps only what it was told to keep: what may be found on it after a power cut.

    written, truncated        safe after an fsync or fdatasync of that file
    created, renamed, linked, safe after an fsync of their folder (a move: of both folders)
    unlinked                  until then any of them may have happened, in any order that keeps
                              those on the same name in theirs; each happened whole or not at all
    fsync of what this        never safe again: the kernel has marked the pages clean, and a later
    process wrote failed      fsync has nothing left to write (names are in the journal and stay)

That is harsher than ext4 or XFS with their one ordered journal, and what POSIX leaves open.
A file that was not synced holds any of its writes, in part. With `holes` its size came to the
disk before the bytes did, and sectors of zeros stand where they are missing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from random import Random

SECTOR = 512
ROOT = 0

Image = dict[str, bytes | None]
"""Path below the root -> content, None for a folder. In the order of their names."""


@dataclass(frozen=True, slots=True)
class Data:
    """A write, or with `data` None a change of size."""

    file: int
    offset: int
    data: bytes | None
    safe: bool = False
    dropped: bool = False

    def __str__(self) -> str:
        if self.data is None:
            return f"truncate to {self.offset}"
        return f"write {len(self.data)} bytes at {self.offset}: {self.data[:60]!r}"


@dataclass(frozen=True, slots=True)
class Name:
    """A change of names: `gone` no longer names the file, `come` does; each (folder, name)."""

    file: int
    gone: tuple[int, str] | None
    come: tuple[int, str] | None
    is_folder: bool = False
    unsynced: frozenset[int] = frozenset()
    """Folders whose fsync is outstanding."""

    @property
    def touched(self) -> set[tuple[int, str]]:
        return {each for each in (self.gone, self.come) if each is not None}

    def __str__(self) -> str:
        if self.gone and self.come:
            return f"rename {self.gone[1]} to {self.come[1]}"
        if self.come:
            return f"{'mkdir' if self.is_folder else 'create'} {self.come[1]}"
        return f"unlink {(self.gone or (0, '?'))[1]}"


@dataclass(frozen=True, slots=True)
class Sync:
    """An fsync or fdatasync of a file or folder."""

    file: int
    failed: bool = False

    def __str__(self) -> str:
        return "fsync FAILED" if self.failed else "fsync"


Operation = Data | Name | Sync


@dataclass
class Disk:
    """What is safe, and what was done since: `apply` operations, then ask what a cut may leave."""

    folders: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT: {}})
    files: dict[int, bytes] = field(default_factory=dict)
    data: dict[int, list[Data]] = field(default_factory=dict)
    names: list[Name] = field(default_factory=list)
    next_file: int = 1

    def copy(self) -> Disk:
        return Disk(
            {number: dict(names) for number, names in self.folders.items()},
            dict(self.files),
            {number: list(changes) for number, changes in self.data.items()},
            list(self.names),
            self.next_file,
        )

    @classmethod
    def of(cls, image: Image) -> Disk:
        """A disk on which all of the image is safe."""
        disk = cls()
        numbers = {"": ROOT}
        for path, content in sorted(image.items()):
            folder, _, name = path.rpartition("/")
            number = numbers[path] = disk.next_file
            disk.next_file += 1
            disk.folders[numbers[folder]][name] = number
            if content is None:
                disk.folders[number] = {}
            else:
                disk.files[number] = content
        return disk

    def apply(self, operation: Operation) -> None:
        match operation:
            case Data():
                self.data.setdefault(operation.file, []).append(operation)
            case Name():
                if operation.is_folder:
                    self.folders.setdefault(operation.file, {})
                elif operation.come and not operation.gone:
                    self.files.setdefault(operation.file, b"")
                    self.next_file = max(self.next_file, operation.file + 1)
                folders = frozenset(folder for folder, _ in operation.touched)
                self.names.append(replace(operation, unsynced=folders))
                self.next_file = max(self.next_file, operation.file + 1)
            case Sync() if operation.file in self.folders:
                self._sync_folder(operation.file)
            case Sync():
                self._sync_file(operation.file, failed=operation.failed)

    @property
    def has_unsafe(self) -> bool:
        return bool(self.names) or any(self.data.values())

    def seen_names(self) -> dict[int, dict[str, int]]:
        """The names as a process sees them now, by the number of their folder."""
        return _named(self.folders, self.names)

    def everything(self) -> Image:
        """What a process sees now."""
        names = _named(self.folders, self.names)
        return self._image(names, {f: _content(self.files[f], c) for f, c in self.data.items()})

    def safe(self) -> Image:
        """What is found when nothing that may be lost survived."""
        kept = {
            f: _content(self.files[f], [each for each in c if each.safe])
            for f, c in self.data.items()
        }
        return self._image(self.folders, kept)

    def survived(self, chance: Random, *, holes: bool) -> Image:
        """One of the many things that may be found. With `holes`, sectors in the middle of a
        write may be missing, as where sizes are not kept behind the data."""
        names = _named(self.folders, _surviving_names(self.names, chance))
        contents = {
            f: _surviving_content(self.files[f], changes, chance, holes=holes)
            for f, changes in self.data.items()
            if changes
        }
        return self._image(names, contents)

    def _image(self, folders: dict[int, dict[str, int]], contents: dict[int, bytes]) -> Image:
        image: Image = {}

        def walk(folder: int, path: str) -> None:
            for name, number in sorted(folders.get(folder, {}).items()):
                if number in self.folders:
                    image[path + name] = None
                    walk(number, f"{path}{name}/")
                else:
                    image[path + name] = contents.get(number, self.files[number])

        walk(ROOT, "")
        return image

    def _sync_file(self, file: int, *, failed: bool) -> None:
        changes = self.data.get(file, [])
        if failed:
            changes = [each if each.safe else replace(each, dropped=True) for each in changes]
        else:
            changes = [each if each.dropped else replace(each, safe=True) for each in changes]
        first = next((n for n, each in enumerate(changes) if not each.safe), len(changes))
        self.files[file] = _content(self.files.get(file, b""), changes[:first])
        self.data[file] = changes[first:]

    def _sync_folder(self, folder: int) -> None:
        safe: list[Name] = []
        left: list[Name] = []
        needed: set[tuple[int, str]] = set()
        for each in reversed(self.names):
            now = replace(each, unsynced=each.unsynced - {folder})
            if not now.unsynced or now.touched & needed:
                needed |= now.touched
                safe.append(now)
            else:
                left.append(now)
        self.folders = _named(self.folders, safe[::-1])
        self.names = left[::-1]


def digest(image: Image) -> bytes:
    """By which equal images are told."""
    found = hashlib.blake2b(digest_size=10)
    for path, content in image.items():
        found.update(path.encode())
        found.update(b"/" if content is None else b"%d:" % len(content) + content)
    return found.digest()


def _named(folders: dict[int, dict[str, int]], changes: list[Name]) -> dict[int, dict[str, int]]:
    names = {number: dict(held) for number, held in folders.items()}
    for each in changes:
        if each.gone and names.get(each.gone[0], {}).get(each.gone[1]) == each.file:
            del names[each.gone[0]][each.gone[1]]
        if each.come:
            names.setdefault(each.come[0], {})[each.come[1]] = each.file
    return names


def _content(content: bytes, changes: list[Data]) -> bytes:
    if not changes:
        return content
    held = bytearray(content)
    for each in changes:
        _change(held, each.offset, each.data)
    return bytes(held)


def _change(held: bytearray, offset: int, data: bytes | None) -> None:
    if len(held) < offset:
        held.extend(bytes(offset - len(held)))
    if data is None:
        del held[offset:]
    else:
        held[offset : offset + len(data)] = data


def _surviving_names(names: list[Name], chance: Random) -> list[Name]:
    way = chance.random()
    if way < 0.15 or not names:
        return []
    if way < 0.35:
        return names
    if way < 0.6:
        return names[: chance.randint(0, len(names))]
    kept: list[Name] = []
    lost: set[tuple[int, str]] = set()
    for each in names:
        if each.touched & lost or chance.random() < 0.5:
            lost |= each.touched
        else:
            kept.append(each)
    return kept


def _surviving_content(
    content: bytes, changes: list[Data], chance: Random, *, holes: bool
) -> bytes:
    way = chance.random()
    if way < 0.15:
        return _content(content, [each for each in changes if each.safe])
    if way < 0.3:
        return _content(content, changes)
    held = bytearray(content)
    beginning = chance.randint(0, len(changes) - 1) if way < 0.7 else None
    for n, each in enumerate(changes):
        if each.safe or (beginning is not None and n < beginning):
            _change(held, each.offset, each.data)
        elif beginning is None or n == beginning:
            _survive(held, each, chance, holes=holes)
    return bytes(held)


def _survive(held: bytearray, change: Data, chance: Random, *, holes: bool) -> None:
    """Take in a part of an unsafe change."""
    data = change.data
    if data is None or not data:
        if chance.random() < 0.5:
            _change(held, change.offset, data)
        return
    if holes:
        _with_holes(held, change.offset, data, chance)
    else:
        _change(held, change.offset, data[: _cut(change.offset, data, chance)])


def _cut(offset: int, data: bytes, chance: Random) -> int:
    """How much of a write came to the disk: torn at any byte, more often at a telling one."""
    length = len(data)
    way = chance.randrange(6)
    if way == 0:
        return chance.choice([0, 1, length - 1, length])
    if way == 1:
        sectors = range(SECTOR - offset % SECTOR, length, SECTOR)
        return chance.choice(sectors) if sectors else length
    if way == 2:
        ends = [n for n, byte in enumerate(data) if byte == 10]
        return min(length, chance.choice(ends) + chance.randint(0, 1)) if ends else length
    return chance.randint(0, length)


def _with_holes(held: bytearray, offset: int, data: bytes, chance: Random) -> None:
    """The size is there, and some of the sectors: the last ones are missing, or any."""
    _change(held, offset + len(data), b"")
    place, last = 0, chance.choice([len(data), chance.randint(0, len(data))])
    while place < last:
        end = min(len(data), place + SECTOR - (offset + place) % SECTOR)
        if last < len(data) or chance.random() < 0.5:
            held[offset + place : offset + end] = data[place:end]
        place = end
