"""What the codes in a store's columns mean: words by number, and the text they have in a line.

A series, type or source is told as text once and travels as its code from then on. A batch brings
its own dictionary; `table` translates it. The dictionary of a gateway is the same object in batch
after batch, so its translation is remembered by identity.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from data_layer.readings.line_codec import check_words
from data_layer.readings.line_kernel import SLACK
from data_layer.readings.model import Bytes, Ints, SeriesKey

Word = TypeVar("Word", bound=Hashable)
MISSING = -1
TABLES_KEPT = 8
FEW = 4
"""Dictionaries up to this size are translated anew each time."""


class Pool(NamedTuple):
    """The texts of all codes, one behind the other; the text of a code is text[at[n]:at[n + 1]]."""

    text: Bytes
    at: Ints
    longest: int


class Words(Generic[Word]):
    """An append-only dictionary: a word keeps its code for the life of the store. Thread-safe."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self._code: dict[Word, int] = {}
        self._adding = Lock()

    def __len__(self) -> int:
        return len(self.words)

    def find(self, word: Word) -> int:
        """The word's code, -1 when it was never told."""
        return self._code.get(word, MISSING)

    def code(self, word: Word) -> int:
        """The word's code, a new one when it was never told."""
        code = self._code.get(word)
        if code is None:
            with self._adding:
                code = self._code.get(word, len(self.words))
                if code == len(self.words):
                    self._add(word, code)
        return code

    def codes(self, words: Sequence[Word], used: Ints) -> Ints:
        """Recode a column whose dictionary is `words`."""
        if len(words) == 1:
            return np.full(len(used), self.code(words[0]), dtype=np.int64)
        return np.array([self.code(word) for word in words] or [0], dtype=np.int64)[used]

    def _add(self, word: Word, code: int) -> None:
        self.words.append(word)
        self._code[word] = code


class WrittenWords(Words[Word]):
    """Words that stand in lines of text."""

    def __init__(self) -> None:
        super().__init__()
        self._tables: dict[int, tuple[tuple[Word, ...], Ints]] = {}
        self._pool = Pool(np.zeros(SLACK, np.uint8), np.zeros(1, np.int64), 0)
        self._written = 0

    def table(self, words: tuple[Word, ...]) -> Ints:
        """The code of each of the words, MISSING where one was never told."""
        if len(words) <= FEW:
            return np.array([self._code.get(word, MISSING) for word in words], dtype=np.int64)
        known = self._tables.get(id(words))
        if known is not None and known[0] is words:
            return known[1]
        table = np.array([self._code.get(word, MISSING) for word in words], dtype=np.int64)
        with self._adding:
            while len(self._tables) >= TABLES_KEPT:
                self._tables.pop(next(iter(self._tables)))
            self._tables[id(words)] = (words, table)
        return table

    def tell(self, words: tuple[Word, ...], table: Ints, used: Ints, *, check: bool) -> None:
        """Give codes to those of `words` that rows use, in their table.

        With `check`, raises BadInput for a word that no line can hold.
        """
        places = np.unique(used)
        new = places[table[places] == MISSING].tolist()
        if check:
            self._check([words[n] for n in new])
        for n in new:
            table[n] = self.code(words[n])

    def pool(self) -> Pool:
        """The texts of all words told so far. For one thread at a time."""
        known, words = self._written, self.words
        if known < len(words):
            with self._adding:
                new = [self._text(word).encode() for word in words[known:]]
                self._written = known + len(new)
            self._pool = _longer(self._pool, known, new)
        return self._pool

    def _text(self, word: Word) -> str:
        return str(word)

    def _check(self, words: Sequence[Word]) -> None:
        raise NotImplementedError


class SeriesWords(WrittenWords[SeriesKey]):
    """Series by code, and by meter."""

    def __init__(self) -> None:
        super().__init__()
        self._of_meter: dict[str, tuple[SeriesKey, ...]] = {}

    def of_meter(self, meter_id: str) -> tuple[SeriesKey, ...]:
        """Series of the meter that were ever told."""
        return self._of_meter.get(meter_id, ())

    def _add(self, word: SeriesKey, code: int) -> None:
        self._of_meter[word.meter_id] = (*self.of_meter(word.meter_id), word)
        super()._add(word, code)

    def _text(self, word: SeriesKey) -> str:
        return f"{word.meter_id},{word.register_id},"

    def _check(self, words: Sequence[SeriesKey]) -> None:
        check_words("meter_id", {key.meter_id for key in words})
        check_words("register_id", {key.register_id for key in words})


class FieldWords(WrittenWords[str]):
    """The words of one field."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def _check(self, words: Sequence[str]) -> None:
        check_words(self._name, words)


def _types() -> FieldWords:
    return FieldWords("type")


def _sources() -> FieldWords:
    return FieldWords("source")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the codes in a store's columns mean; shared by all its tails."""

    series: SeriesWords = field(default_factory=SeriesWords)
    types: FieldWords = field(default_factory=_types)
    sources: FieldWords = field(default_factory=_sources)


def _longer(pool: Pool, known: int, new: list[bytes]) -> Pool:
    """The pool with more texts; whoever holds the old one keeps what it had."""
    text, at = pool.text, pool.at
    used, added = int(at[known]), b"".join(new)
    if used + len(added) + SLACK > len(text):
        text = np.concatenate((text[:used], np.zeros(used + len(added) + SLACK, np.uint8)))
    if known + len(new) >= len(at):
        at = np.concatenate((at[: known + 1], np.zeros(known + len(new), np.int64)))
    text[used : used + len(added)] = np.frombuffer(added, dtype=np.uint8)
    lengths = np.array([len(word) for word in new], dtype=np.int64)
    at[known + 1 : known + 1 + len(new)] = used + np.cumsum(lengths)
    return Pool(text, at, max(pool.longest, int(lengths.max(initial=0))))
