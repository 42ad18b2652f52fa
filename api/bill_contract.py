"""The fields of bills at the REST door."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.contract import Code, Fields, Kwh, MeterId, MissingHalfHours, Month, Paged, Time
from data_layer.tariffs.charges import LineKind

Money = Annotated[
    str, Field(pattern=r"^-?\d+(\.\d+)?$", description="in whole units", examples=["84.20"])
]
Minor = Annotated[int, Field(description="in the currency's smallest unit", examples=[8420])]
Amount = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", description="exact", examples=["281.5"])]
Version = Annotated[int, Field(ge=1, le=999_999_999)]


class BillMeterAsked(Fields):
    meter_id: MeterId


class BillsAsked(Paged):
    meter_id: MeterId


class BillAsked(Fields):
    meter_id: MeterId
    version: Version | None = Field(default=None, description="the newest unless named")


class BillToIssue(Fields):
    """A month of a meter to bill."""

    meter_id: MeterId
    month: Month


class ChargeLineAnswer(Fields):
    """One line: quantity times rate, rounded once."""

    kind: LineKind
    label: str
    first_day: str
    last_day: str
    quantity: Amount
    unit: str = Field(examples=["kWh"])
    rate: Amount | None = Field(description="null where it changes from half hour to half hour")
    amount: Money
    amount_minor: Minor
    subsidy_share: Amount | None = Field(
        description="the share of subsidized_cost that a subsidy takes off, 0.5 for half; null on "
        "other lines, and on bills made before it was kept"
    )
    subsidized_cost: Amount | None = Field(
        description="what exactly the subsidized kWh cost at their own rates, in whole units; "
        "null where subsidy_share is"
    )


class _Sums(Fields):
    currency: str = Field(examples=["SGD"])
    net: Money
    net_minor: Minor
    tax: Money
    tax_minor: Minor
    gross: Money
    gross_minor: Minor


class BillSummary(_Sums):
    """The newest version of a month's bill, without its lines."""

    meter_id: MeterId
    period: Month
    version: Version
    made_at: Time
    reason: str = Field(description="why this version was made")
    start_reading: Kwh | None
    end_reading: Kwh | None
    consumption: Kwh
    start_time: Time
    end_time: Time
    estimated_kwh: Kwh
    missing_half_hours: MissingHalfHours


class BillAnswer(BillSummary):
    """A month's bill. Every line is rounded once, half up; sums add up rounded lines."""

    start_estimated: bool = Field(description="no reading stands at start_time")
    end_estimated: bool
    owner_name: str
    address: str
    tariff_code: Code
    tariff_name: str
    tariff_versions: list[int]
    lines: list[ChargeLineAnswer]


class BillsAnswer(Fields):
    """One page of a meter's bills, newest month first."""

    bills: list[BillSummary]
    total: int


class BillIssued(BillAnswer):
    """The bill as it stands now."""

    is_new: bool = Field(description="false: an earlier version says the same and stays")


class Projected(_Sums):
    """The running month's bill if it goes on as before."""

    period: Month
    known_until: Time
    known_kwh: Kwh
    assumed_kwh: Kwh
    assumption: str
    lines: list[ChargeLineAnswer]


class ProjectionAnswer(Fields):
    meter_id: MeterId
    projection: Projected | None = Field(description="null while nothing is known to judge by")
