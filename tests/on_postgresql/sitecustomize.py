"""Python runs this in every process that the tests start, since its folder is in PYTHONPATH."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if "METERBOOK_TEST_POSTGRESQL" in os.environ:
    root = str(Path(__file__).resolve().parents[2])
    sys.path.insert(0, root)
    from tests.on_postgresql.home_databases import install

    install()
    sys.path.remove(root)
