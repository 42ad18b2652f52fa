"""What has to be true of the application before its first request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_nothing_that_takes_long_to_load_is_loaded_for_nothing() -> None:
    """Each of these alone would make a start a second longer."""
    script = (
        "import sys, app; app.create_app(); assert not {'pandas', 'alembic'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=True)
