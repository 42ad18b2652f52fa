"""Every command and every setting has its own heading in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli import COMMANDS, GROUPS
from settings import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs"


def headings(document: str) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", (DOCS / document).read_text(), flags=re.MULTILINE))


def section(document: str, heading: str) -> str:
    """The text under a heading, up to the next one."""
    text = (DOCS / document).read_text()
    return re.split(r"^#+ ", text.partition(f"# {heading}\n")[2], flags=re.MULTILINE)[0]


def commands() -> Iterator[tuple[str, click.Command]]:
    for group in GROUPS:
        for name, command in group.commands.items():
            yield f"flask {group.name} {name}", command
    for command in COMMANDS:
        yield f"flask {command.name}", command


@pytest.mark.parametrize("name", [name for name, _ in commands()])
def test_every_command_has_a_heading(name: str) -> None:
    assert name in headings("commands.md")


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_option_is_explained_with_its_command(name: str, command: click.Command) -> None:
    text = section("commands.md", name)
    general = {"--json", "--help"}
    options = {
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    }
    assert {option for option in options - general if option not in text} == set()


def test_no_command_is_documented_that_does_not_exist() -> None:
    documented = {one for one in headings("commands.md") if re.fullmatch(r"flask( \w+)+", one)}

    assert documented - {f"flask {group.name}" for group in GROUPS} == {
        name for name, _ in commands()
    }


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_has_a_heading(name: str) -> None:
    assert f"METERBOOK_{name.upper()}" in headings("settings.md")


def test_no_setting_is_documented_that_does_not_exist() -> None:
    documented = {one for one in headings("settings.md") if one.startswith("METERBOOK_")}

    assert documented == {f"METERBOOK_{name.upper()}" for name in Settings.model_fields}
