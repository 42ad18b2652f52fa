"""Keeps uploaded files until their job has read them: streamed in, under an id of our own.

    .meterbook/staged/<id>.data           the bytes as they came
    .meterbook/staged/<id>.json           {"name": display text, "bytes": n, "staged_at": ...}
    .meterbook/staged/<id>.rejected.csv   what its import refused, for download

A file is complete and on disk once its `.json` stands there: that is written last. The name it
had elsewhere is text to show, never part of a path.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from data_layer.clock import Clock
from data_layer.errors import BadInput, NotFound, Unavailable
from data_layer.storage.durable_files import fsync_folder, write_atomically
from data_layer.storage.write_ahead_log import RESERVE_BYTES

MAXIMUM_BYTES = 1_000_000_000
RESERVE = 2 * RESERVE_BYTES
"""Kept free by uploads: twice the log's own, so that a file never stops readings."""
KEPT = timedelta(days=35)
"""As long as sealed logs are kept; then a staged file and its rejections go."""
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_NAME_LENGTH = 200


class UploadTooLarge(BadInput):
    status, problem = 413, "too-large"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One complete upload."""

    id: str
    name: str
    """What its owner called it: display text only."""
    bytes: int
    path: Path
    rejected_path: Path
    """Where the rows its import refused are listed, once there are any."""


class UploadStaging:
    """The staged files of one home."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        maximum_bytes: int = MAXIMUM_BYTES,
        reserve_bytes: int = RESERVE,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._maximum = maximum_bytes
        self._reserve = reserve_bytes

    def stage(self, name: str, chunks: Iterable[bytes]) -> StagedFile:
        """Write the chunks as they come, in bounded memory; complete and on disk when it returns.

        Raises UploadTooLarge, Unavailable when the disk is nearly full, and whatever the chunks
        raise; then nothing is left behind.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        staged_id = secrets.token_hex(16)
        path = self._data(staged_id)
        try:
            size = self._write(path, chunks)
            note = {
                "name": _display(name),
                "bytes": size,
                "staged_at": self._clock().isoformat(timespec="seconds"),
            }
            write_atomically(self._note(staged_id), json.dumps(note).encode(), mode=0o600)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return self.find(staged_id)

    def _write(self, path: Path, chunks: Iterable[bytes]) -> int:
        size = 0
        with path.open("xb") as file:
            path.chmod(0o600)
            for chunk in chunks:
                size += len(chunk)
                if size > self._maximum:
                    raise UploadTooLarge(
                        f"the file is larger than {self._maximum:,} bytes: split it.", field="file"
                    )
                self._keep_reserve(len(chunk))
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        fsync_folder(path.parent)
        return size

    def _keep_reserve(self, size: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < self._reserve + size:
            raise Unavailable(
                f"no file is taken: {free >> 20} MB are free on the disk, and "
                f"{self._reserve >> 20} MB are kept in reserve.",
                retry_after=300,
            )

    def find(self, staged_id: str) -> StagedFile:
        """A complete upload by its id. Raises NotFound."""
        if not _ID.fullmatch(staged_id) or not self._note(staged_id).exists():
            raise NotFound(f"uploaded file {staged_id[:40]!r} is not known.", field="file")
        note = json.loads(self._note(staged_id).read_bytes())
        return StagedFile(
            id=staged_id,
            name=note["name"],
            bytes=note["bytes"],
            path=self._data(staged_id),
            rejected_path=self._folder / f"{staged_id}.rejected.csv",
        )

    def discard(self, staged_id: str) -> None:
        """Forget an upload and its list of refused rows; unknown is fine."""
        if _ID.fullmatch(staged_id):
            for path in sorted(self._folder.glob(f"{staged_id}.*")):
                path.unlink(missing_ok=True)

    def sweep(self) -> int:
        """Remove what is older than KEPT, and what never became complete. Says how many files."""
        now = self._clock()
        removed = 0
        for path in sorted(self._folder.glob("*")):
            try:
                age = now - datetime.fromtimestamp(path.stat().st_mtime, now.tzinfo)
            except FileNotFoundError:
                continue  # discarded by its owner in this very moment
            note = self._note(path.name.partition(".")[0])
            if age > KEPT or (age > timedelta(days=1) and not note.exists()):
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _data(self, staged_id: str) -> Path:
        return self._folder / f"{staged_id}.data"

    def _note(self, staged_id: str) -> Path:
        return self._folder / f"{staged_id}.json"


def file_chunks(path: Path, *, size: int = 1 << 20) -> Iterable[bytes]:
    """The bytes of a file on this machine, a piece at a time, for `stage`."""
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield chunk


def _display(name: str) -> str:
    """The last part of a path-like name, without control characters, not too long."""
    last = re.split(r"[\\/]", name)[-1]
    shown = "".join(letter for letter in last if letter.isprintable()).strip()
    return shown[:_NAME_LENGTH] or "unnamed"
