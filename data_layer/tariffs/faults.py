"""What is wrong with a file of tariffs or prices: where it stands, and the rule in a sentence."""

from __future__ import annotations

from dataclasses import dataclass

from data_layer.errors import BadInput, MeterbookError


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; its sentence names field, value and rule."""

    sentence: str
    field: str = ""
    line: int | None = None
    """1 is the first; None in a JSON document, where the field says the place."""
    tariff: str = ""
    """Code of the tariff it is about; "" for the file as a whole."""

    @classmethod
    def of(cls, error: MeterbookError, *, line: int | None = None, tariff: str = "") -> Fault:
        """What an error says, at a place of the file."""
        return cls(error.sentence, error.field or "", line, tariff)

    def error(self) -> BadInput:
        """The same as an error, its place before the sentence."""
        parts = [f"tariff {self.tariff[:40]!r}"] if self.tariff else []
        parts += [] if self.line is None else [f"line {self.line}"]
        place = f"{', '.join(parts)}: " if parts else ""
        return BadInput(place + self.sentence, field=self.field or None)
