"""What the REST reference promises is what the rules take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from api.contract import ConsumptionAnswer, MeterId, Resolution
from api.meter_usage import SHORTEST
from api.office_contract import TotalsAnswer
from data_layer.accounts.rules import check_meter_id
from data_layer.errors import BadInput

PROJECT = Path(__file__).parents[3]
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


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (ConsumptionAnswer, "data_until"),
        (ConsumptionAnswer, "missing_half_hours"),
        (TotalsAnswer, "withheld_groups"),
        (TotalsAnswer, "withheld_households"),
        (TotalsAnswer, "withheld_half_hours"),
    ],
)
def test_what_no_name_can_say_is_explained(answer: type[BaseModel], field: str) -> None:
    assert len(answer.model_fields[field].description or "") > 40
    routes = (PROJECT / "docs" / "routes.md").read_text()
    assert re.search(rf"`{field}` (is|says|counts) ", routes), field
