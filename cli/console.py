"""How every command speaks: answers on stdout, all else on stderr, honest exit codes.

Exit codes: 0 done; 1 failed, or some rows of an import were rejected, or some bills of a run
failed; 2 wrong usage.
With `--json` stdout carries exactly one JSON object, also when the command fails:
`{"error": {"type": ..., "status": ..., "field": ..., "sentence": ...}}`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click
import orjson
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from data_layer.errors import BadInput, MeterbookError
from data_layer.quantities import format_kwh
from settings import Settings, what_is_refused

FAILED = 1
_JSON_KEY = "meterbook.json"


class OperatorCommand(click.Command):
    """A command with `--json` that ends with one clear line when something is refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--json", "as_json"],
                is_flag=True,
                expose_value=False,
                callback=_remember_json,
                help="Print exactly one JSON object on stdout.",
            )
        )

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MeterbookError as error:
            fail(error)
        except ValidationError as error:
            fail(_setting_refused(error))


def _remember_json(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> bool:  # noqa: FBT001 - click's signature
    ctx.meta[_JSON_KEY] = wanted
    return wanted


def wants_json() -> bool:
    return bool(click.get_current_context().meta.get(_JSON_KEY))


def answer(value: Mapping[str, object], lines: Sequence[str]) -> None:
    """The command's answer: one JSON object, or lines for a person."""
    if wants_json():
        click.echo(to_json(value))
        return
    for line in lines:
        click.echo(line)


def tell(text: str) -> None:
    """Something on the way to the answer."""
    click.echo(text, err=True)


def fail(error: MeterbookError) -> NoReturn:
    if wants_json():
        problem = {
            "type": error.problem,
            "status": error.status,
            "field": error.field,
            "sentence": error.sentence,
        }
        click.echo(to_json({"error": problem}))
    tell(f"Error: {error.sentence}")
    raise click.exceptions.Exit(FAILED)


def to_json(value: Mapping[str, object]) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def kwh(watt_hours: int | None) -> orjson.Fragment | None:
    """A JSON number with exactly three decimals, written from whole watt-hours."""
    return None if watt_hours is None else orjson.Fragment(format_kwh(watt_hours))


def load_settings() -> Settings:
    return Settings()


def _setting_refused(error: ValidationError) -> BadInput:
    name, sentence = what_is_refused(error)
    return BadInput(sentence, field=name)


def password_from_stdin() -> str:
    """One line from stdin, without its line end, never echoed and never an argument."""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise BadInput("no password came on stdin.", field="password")
    return password


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of a table with columns side by side, never cut short."""
    if not rows:
        return []
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


Advance = Callable[[str, int, int], None]


@contextmanager
def progress_bar(title: str) -> Iterator[Advance]:
    """A bar on stderr; gives `advance(message, done, total)`.

    It is full when what it goes beside ends well. When that raises, the bar stays where it is and
    says so; the sentence comes below it, from `fail`.
    """
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=False,
    )
    with bar:
        task = bar.add_task(title, total=None)

        def advance(message: str, done: int, total: int) -> None:
            description = f"{title}: {message}" if message else title
            bar.update(task, description=description, completed=done, total=total or None)

        try:
            yield advance
        except BaseException:
            bar.stop_task(task)
            # A bar without a total moves for ever; nothing is done of what never said how much.
            bar.update(task, description=f"{title}: not done", total=bar.tasks[task].total or 1)
            raise
        bar.update(task, description=title, total=1, completed=1)
