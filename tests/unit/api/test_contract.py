"""What the REST reference promises is what the rules take."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from api.contract import MeterId, Resolution
from api.meter_usage import SHORTEST
from data_layer.accounts.rules import check_meter_id
from data_layer.errors import BadInput

METER_ID = re.compile(TypeAdapter(MeterId).json_schema()["pattern"])


@given(st.text("aZ9 ._/-\n", max_size=34))
def test_a_meter_id_has_the_form_that_the_reference_shows(text: str) -> None:
    if METER_ID.fullmatch(text):
        assert check_meter_id(text) == text
    else:
        with pytest.raises(BadInput):
            check_meter_id(text)


def test_the_resolutions_of_the_reference_are_those_there_are() -> None:
    assert get_args(Resolution) == tuple(SHORTEST)
