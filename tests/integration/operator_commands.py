"""Runs one operators' command in this process, for the tests of the commands."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

import cli


def flask(*words: str, stdin: str = "") -> Result:
    """`flask [GROUP] COMMAND ...` to its end; no failure may show a traceback."""
    group = next(one for one in (*cli.GROUPS, *cli.COMMANDS) if one.name == words[0])
    result = CliRunner().invoke(group, words[1:], input=stdin, catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


def answered(*words: str, stdin: str = "", code: int = 0) -> dict[str, Any]:
    """The JSON object of a command that ends with this exit code."""
    result = flask(*words, "--json", stdin=stdin)
    assert result.exit_code == code, result.stderr
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer
