"""The tree of errors a door may have to tell somebody about.

MeterbookError                 one sentence for a person, a problem type, an HTTP status
├── BadInput            400    not in its canonical form: names field, value and rule
├── NotSignedIn         401    nobody is known at this door
├── Forbidden           403    known, but not allowed
├── NotFound            404    unknown, or another's: deliberately the same answer
├── Conflict            409    contradicts what is stored, or already in that state
├── RuleBroken          422    well-formed, but against a metering rule
├── TooManyAttempts     429    wait `retry_after` seconds
├── Unavailable         503    not receiving: maintenance, disk full, poisoned log
└── Corrupt             500    a file says something it cannot say; we stop rather than guess

Errors that belong to one room stand beside their raiser and derive from one of these.
The same sentence serves page, REST and command line.
"""

from __future__ import annotations

from typing import ClassVar


class MeterbookError(Exception):
    """A condition a person or machine outside has to be told about, in one sentence."""

    status: ClassVar[int] = 500
    problem: ClassVar[str] = "error"

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class BadInput(MeterbookError):
    status, problem = 400, "bad-input"


class NotSignedIn(MeterbookError):
    status, problem = 401, "not-signed-in"


class Forbidden(MeterbookError):
    status, problem = 403, "forbidden"


class NotFound(MeterbookError):
    status, problem = 404, "not-found"


class Conflict(MeterbookError):
    status, problem = 409, "conflict"


class RuleBroken(MeterbookError):
    status, problem = 422, "rule-broken"


class TooManyAttempts(MeterbookError):
    status, problem = 429, "too-many-attempts"

    def __init__(self, sentence: str, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Unavailable(MeterbookError):
    status, problem = 503, "unavailable"

    def __init__(self, sentence: str, *, retry_after: int = 30) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Corrupt(MeterbookError):
    status, problem = 500, "corrupt"
