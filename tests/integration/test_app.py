"""What has to be true of the application before its first request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_pandas_is_whole_before_the_first_request() -> None:
    """Plotly's JSON fails while another thread is half-way through importing it."""
    script = "import sys, app; app.create_app(); assert hasattr(sys.modules['pandas'], 'NaT')"
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=True)
