"""A registry file kept in memory in the form its room asks questions of, and followed.

The file may be changed by this process, by a command beside it or by a person with an editor;
whoever looks next takes the new content over, and listeners hear of it once it is in force.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Lock
from typing import Generic, TypeVar

from data_layer.storage.csv_table import Row
from data_layer.storage.registry_file import RegistryFile

Held = TypeVar("Held")
Listener = Callable[[], None]


class FollowedFile(Generic[Held]):
    """The present content of a registry file as a `Held`, rebuilt only when it changes."""

    def __init__(
        self, file: RegistryFile, build: Callable[[Sequence[Row]], Held], *, empty: Held
    ) -> None:
        self._file = file
        self._build = build
        self._lock = Lock()
        self._current: tuple[str, Held] = ("", empty)
        self._listeners: list[Listener] = []

    @property
    def problem(self) -> str | None:
        """One sentence on a broken hand edit that is not in force, None when all is well."""
        return self._file.problem

    @property
    def version(self) -> str:
        """Changes when, and only when, the content does."""
        self.now()
        return self._current[0]

    @property
    def last_look(self) -> Held:
        """The content as it was last seen, without a look at the file.

        The rules of users.csv and admins.csv ask each other this while one of them is locked.
        """
        return self._current[1]

    def on_change(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def now(self) -> Held:
        """The content in force. O(1) unless the file changed."""
        state = self._file.state()
        if state.version == self._current[0]:
            return self._current[1]
        with self._lock:
            state = self._file.state()
            if state.version == self._current[0]:
                return self._current[1]
            self._current = (state.version, self._build(state.rows))
        for listener in tuple(self._listeners):
            listener()
        return self._current[1]

    def text(self) -> bytes:
        """The content in force, as the file is written."""
        return self._file.text()

    def held(self) -> AbstractContextManager[None]:
        """Nobody changes the file while this is entered."""
        return self._file.held()

    def change(self, edit: Callable[[Sequence[Row]], Sequence[Row]]) -> None:
        """Edit the file's present rows under its lock; what the edit raises changes nothing."""
        self._file.change(edit)
        self.now()


class Followed(Generic[Held]):
    """What every registry over a followed file tells of it."""

    _followed: FollowedFile[Held]

    @property
    def version(self) -> str:
        """Changes when, and only when, the content does."""
        return self._followed.version

    @property
    def problem(self) -> str | None:
        """One sentence on a broken hand edit that is not in force, None when all is well."""
        return self._followed.problem

    def on_change(self, listener: Listener) -> None:
        """Call this after every change of content, whoever made it."""
        self._followed.on_change(listener)

    def text(self) -> bytes:
        """The content in force, as the file is written: for backups."""
        return self._followed.text()

    def held(self) -> AbstractContextManager[None]:
        """Nobody changes the registry while this is entered. Raises Unavailable."""
        return self._followed.held()
