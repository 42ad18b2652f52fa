"""The fields of the REST door, taken and answered: what its reference is made from.

Values are not checked here but by the rules of the rooms (api/parameters.py reads them), so that a
refusal is the sentence every door uses, and costs a request next to nothing. Tests hold every
answer against these models.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import INSTANT, MOST_LIMIT, MOST_OFFSET, READING_TIME, USUAL_LIMIT
from data_layer.billing.model import MONTH
from data_layer.quantities import KWH_PATTERN
from data_layer.readings.periods import Period
from data_layer.tariffs.model import CODE

CALENDAR_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
"""As far as a pattern can tell: that February ends earlier, words say."""
MeterId = Annotated[
    str,
    Field(
        max_length=32,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9 ._/-]{0,30}[A-Za-z0-9._/-])?$",
        examples=["531-204-118"],
    ),
]
Kwh = Annotated[float, Field(description="kWh, exact to three decimals", examples=[1234.5])]
Time = Annotated[
    str,
    Field(description="with the offset of the home's zone", examples=["2026-11-20T10:30:00+08:00"]),
]
Instant = Annotated[
    str,
    Field(
        pattern=f"^{INSTANT.pattern}$",
        description="a date is its local midnight; without an offset a time is local to the home",
        examples=["2026-11-01"],
    ),
]
MissingHalfHours = Annotated[
    int, Field(description="half hours that have ended by now and are not wholly known")
]
RegisterValue = Annotated[
    Annotated[float, Field(ge=0, le=999_999_999.999)]
    | Annotated[str, Field(pattern=f"^{KWH_PATTERN.pattern}$")],
    Field(description="cumulative kWh, at most three decimals", examples=[1234.5]),
]
Code = Annotated[str, Field(pattern=f"^{CODE.pattern}$", examples=["HOME-2026"])]
Month = Annotated[
    str, Field(pattern=f"^({MONTH.pattern})$", description="YYYY-MM", examples=["2026-10"])
]
Resolution = Literal["half_hour", "hour", "day", "week", "month", "year"]


class Fields(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Paged(Fields):
    offset: int = Field(default=0, ge=0, le=MOST_OFFSET, description="rows to pass over")
    limit: int = Field(default=USUAL_LIMIT, ge=1, le=MOST_LIMIT, description="rows to answer")


class MeterReading(Fields):
    """One reading of a meter's register."""

    meter_id: MeterId
    timestamp: str = Field(
        pattern=f"^{READING_TIME.pattern}$",
        description="on the half hour; without an offset local to the home",
        examples=["2026-11-20T10:30:00"],
    )
    reading: RegisterValue


class ReadingReceived(Fields):
    """The reading is on disk."""

    success: Literal[True]
    message: str
    duplicate: bool = Field(description="this very reading was stored before; nothing was written")


class Outcome(Fields):
    """What became of one reading of a list."""

    outcome: Literal["accepted", "duplicate", "rejected"]
    status: int = Field(description="the status it would have had alone", examples=[200])
    type: str | None = Field(default=None, description="of a rejected one")
    field: str | None = Field(default=None, description="of a rejected one")
    detail: str | None = Field(default=None, description="of a rejected one, one sentence")


class ReadingsReceived(Fields):
    """Accepted readings are on disk."""

    success: bool = Field(description="none was rejected")
    accepted: int
    duplicates: int
    rejected: int
    outcomes: list[Outcome] = Field(description="in the order sent")


class ConsumptionAsked(Fields):
    meter_id: MeterId
    period: Period


class ConsumptionAnswer(Fields):
    """Consumption over a period, cut to what is known; null where nothing is."""

    meter_id: MeterId
    period: Period
    start_reading: Kwh | None
    end_reading: Kwh | None
    consumption: Kwh | None
    start_time: Time | None
    end_time: Time | None
    data_until: Time | None = Field(
        description="time of the meter's newest reading that may be shown, whatever period is "
        "asked; null while there is none"
    )
    estimated_kwh: Kwh
    missing_half_hours: MissingHalfHours


class MeterUsageAsked(Fields):
    start: Instant
    end: Instant = Field(description="excluded")
    resolution: Resolution = "half_hour"


class UsageAsked(MeterUsageAsked):
    meter_id: MeterId


class UsageAnswer(Fields):
    """One number a bucket; bucket n lies between edges n and n + 1."""

    meter_id: MeterId
    resolution: Resolution
    zone: str = Field(examples=["Asia/Singapore"])
    edges: list[Time]
    kwh: list[Kwh | None] = Field(description="null where nothing is known")
    estimated_kwh: list[Kwh]
    missing_half_hours: list[MissingHalfHours]


class Problem(Fields):
    """Why not: application/problem+json (RFC 9457)."""

    type: str = Field(examples=["urn:meterbook:problem:bad-input"])
    title: str = Field(examples=["Bad Request"])
    status: int = Field(examples=[400])
    detail: str = Field(description="one sentence naming field, value and rule")
    field: str | None = Field(default=None, description="the parameter at fault")
