"""What stands beside an act in the list of the audit."""

from __future__ import annotations

import pytest

from callbacks.act_words import details
from data_layer.accounts.audit import Detail, Entry
from data_layer.clock import HomeZone

ZONE = HomeZone("Asia/Singapore")


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ({"rebuild": False, "days_written": 1, "readings_merged": 1200},
         "1 day file written, 1,200 readings merged"),
        ({"rebuild": True}, "the index built again"),
        ({"dry_run": False, "source": "file:7", "rows": 1}, "source file:7, 1 row"),
        ({"made_at": "2026-11-20T10:30:00+00:00", "bytes": 2_500_000, "state": "c0ffee12" * 8},
         "as of 2026-11-20 18:30:00, 2.5 MB, state c0ffee12…"),
        ({"register": "S", "read_at": 1_790_000_000, "reason": "Misread."},
         "register S, read at 2026-09-21 22:13:20, Misread."),
        ({"kw": "5", "before": "0"}, "5 kW, before 0 kW"),
        ({"fields": "owner_name email"}, "changed: owner name, email"),
        ({"address": "127.0.0.1", "inactive": True}, "from 127.0.0.1, the account is inactive"),
        ({"old_name": "Home", "new_name": "Household"},
         "was called Home, is called Household now"),
        ({"meter_id": None, "name": ""}, ""),
        ({"role": "admin"}, "role admin"),
    ],
)  # fmt: skip
def test_details_are_told_in_words(kept: dict[str, Detail], said: str) -> None:
    entry = Entry(1, 0, "cli", "done", "", kept, "", "")

    assert details(entry, ZONE) == said
