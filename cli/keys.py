"""`flask key`: the keys with which machines use the REST door."""

from __future__ import annotations

from collections.abc import Iterator

import click
from flask.cli import AppGroup

from cli.console import OperatorCommand, aligned, answer
from cli.home_access import beside_the_server
from data_layer.accounts.model import OPERATOR, Role

keys = AppGroup("key", help="Keys with which machines use the REST door.")


@keys.command("create", cls=OperatorCommand, with_appcontext=False)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--meter", "meters", multiple=True, help="A household's meter; may be repeated.")
@click.option("--name", default="", help="What the key is for.")
def create(role: str, *, meters: tuple[str, ...], name: str) -> None:
    """Make a key and print it: the last line, told this once."""
    with beside_the_server() as book:
        key, text = book.api_keys.issue(
            Role(role), name=name, meter_ids=meters, actor=OPERATOR.name
        )
        facts = key.facts(book.zone)
    lines = [f"API key {key.id} of role {role} is made. It is shown this once:", text]
    answer({**facts, "key": text}, lines)


@keys.command("list", cls=OperatorCommand, with_appcontext=False)
def list_keys() -> None:
    """List every key there is or was; never the keys themselves."""
    with beside_the_server() as book:
        facts = [key.facts(book.zone) for key in book.api_keys.all()]
    heads = ("id", "role", "name", "meters", "created", "by", "last used", "revoked")
    answer({"keys": facts}, aligned([heads, *_rows(facts)]))


@keys.command("revoke", cls=OperatorCommand, with_appcontext=False)
@click.argument("key")
def revoke(key: str) -> None:
    """End KEY (k7, as `flask key list` names it): a running server refuses it within 2 seconds."""
    with beside_the_server() as book:
        ended = book.api_keys.revoke(key, actor=OPERATOR.name)
        facts = ended.facts(book.zone)
    answer(facts, [f"API key {ended.id} is revoked."])


def _rows(facts: list[dict[str, object]]) -> Iterator[list[str]]:
    for one in facts:
        yield [_text(value) for name, value in one.items() if name != "number"]


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "-"
    return "-" if value in (None, "") else str(value)
