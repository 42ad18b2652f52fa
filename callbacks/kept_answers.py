"""Answers of pages kept as they were sent, while nothing they tell of has changed.

    kept = KeptAnswers(book)
    return kept.give(("government", words), lambda: drawn(...))

Kept is the JSON of each output. All of it is forgotten when a reading, an account or a meter
changes, whoever changed it, and when the minute ends, for pages tell times to the minute. Whoever
asks has been authorized before, each time: who may see what is no part of an answer, but whatever
makes two viewers' answers differ is part of the question.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

import orjson

from components.dash_json import encoded
from data_layer.book import Book
from data_layer.clock import epoch_of

MOST_BYTES = 16 * 1024 * 1024
MINUTE = 60
Words = Mapping[str, str | Sequence[str]]
Part = TypeVar("Part", bound=Hashable)


class KeptAnswers:
    """The answers of one page, the least lately asked forgotten first."""

    def __init__(self, book: Book, *, most_bytes: int = MOST_BYTES) -> None:
        self._book = book
        self._most_bytes = most_bytes
        self._state: Hashable = None
        self._kept: OrderedDict[Hashable, tuple[dict[str, orjson.Fragment], int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def give(
        self, question: Hashable, answer: Callable[[], Mapping[str, Any]]
    ) -> dict[str, orjson.Fragment]:
        """The outputs by name, as JSON; asked anew when there is none of the present state."""
        state = self._present()
        with self._lock:
            if state != self._state:
                self._forget(state)
            found = self._kept.get(question)
            if found is not None:
                self._kept.move_to_end(question)
                return found[0]
        texts = {name: encoded(value) for name, value in answer().items()}
        outputs = {name: orjson.Fragment(text) for name, text in texts.items()}
        self._keep(state, question, outputs, sum(map(len, texts.values())))
        return outputs

    def _present(self) -> Hashable:
        """Read before the answer is made, so that a change meanwhile makes it one of the past."""
        book = self._book
        return (
            book.readings.store.changes,
            book.accounts.version,
            book.meters.changes,
            epoch_of(book.clock()) // MINUTE,
        )

    def _keep(
        self, state: Hashable, question: Hashable, outputs: dict[str, orjson.Fragment], size: int
    ) -> None:
        with self._lock:
            if state != self._state or question in self._kept or size > self._most_bytes:
                return
            self._kept[question] = outputs, size
            self._bytes += size
            while self._bytes > self._most_bytes:
                _, (_, freed) = self._kept.popitem(last=False)
                self._bytes -= freed

    def _forget(self, state: Hashable) -> None:
        self._kept.clear()
        self._bytes = 0
        self._state = state


def key_of(words: Words) -> Hashable:
    """The words of an address in a form that can be looked up, and cannot be mistaken."""
    return orjson.dumps(words, option=orjson.OPT_SORT_KEYS)
