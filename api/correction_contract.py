"""The fields of corrected and withdrawn readings at the REST door; they are answered as stored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.account_contract import Words
from api.contract import Fields, Instant, MeterId, RegisterValue
from data_layer.readings.model import DEFAULT_REGISTER
from data_layer.readings.rules import ID_PATTERN

RegisterId = Annotated[str, Field(pattern=f"^{ID_PATTERN.pattern}$", examples=["S"])]


class ReadingToWithdraw(Fields):
    """A stored reading that was no reading."""

    meter_id: MeterId
    timestamp: Instant = Field(description="the time it is stored for, as /api/readings tells it")
    register_id: RegisterId = DEFAULT_REGISTER
    kind: Literal["", "initial"] = Field(
        default="", description="initial: the reading that opens a segment at this time"
    )
    reason: Words = Field(description="why, for the audit", examples=["misread by one digit"])


class ReadingToCorrect(ReadingToWithdraw):
    """What a stored reading is to say."""

    reading: RegisterValue
