"""The form of a tariff's document: which fields there are, and what may stand in each."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from data_layer.tariffs.model import CODE, Every

SOMETHING = r"[^\s\x00-\x1f]"
"""A character that is no space, in the eyes of every reader of schemas."""
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def _printable(words: str) -> str:
    if not words.isprintable():
        raise ValueError("must be one line of printable characters")
    return words


def _written(pattern: str, **bounds: int) -> WithJsonSchema:
    """What the schema says of an amount, as a number or as a text; the rules are in model.py."""
    number = {"type": "number", **bounds}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": f"^({pattern})$"}]})


_Decimal = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=20)]
Amount = Annotated[_Decimal, _written(r"[+-]?\d{1,9}(\.\d{1,9})?")]
NotNegative = Annotated[_Decimal, _written(r"\d{1,9}(\.\d{1,9})?", minimum=0)]
Share = Annotated[_Decimal, _written(r"0(\.\d{1,9})?|1(\.0{1,9})?", minimum=0, maximum=1)]
Code = Annotated[str, Field(json_schema_extra={"pattern": f"^{CODE.pattern}$"})]
Words = Annotated[str, AfterValidator(_printable)]
BandName = Annotated[Words, Field(max_length=40, json_schema_extra={"pattern": SOMETHING})]
HalfHour = Annotated[
    str, Field(json_schema_extra={"pattern": r"^(([01]\d|2[0-3]):(00|30)|24:00)$"})
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Month = Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": 12})]
_NOT_EMPTY = Field(json_schema_extra={"minItems": 1})


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FlatForm(Form):
    kind: Literal["flat"]
    rate: Amount


class OtherwiseForm(Form):
    name: BandName = Field(min_length=1)
    rate: Amount


class BandForm(OtherwiseForm):
    start: HalfHour = Field(alias="from", default="00:00")
    end: HalfHour = Field(alias="to", default="24:00")
    weekdays: Annotated[list[Weekday], _NOT_EMPTY] | None = None
    months: Annotated[list[Month], _NOT_EMPTY] | None = None


class TimeOfUseForm(Form):
    kind: Literal["time_of_use"]
    bands: list[BandForm] = Field(max_length=48)
    otherwise: OtherwiseForm


class PriceSeriesForm(Form):
    kind: Literal["price_series"]
    series: Code


class SlabForm(Form):
    rate: Amount
    up_to_kwh: NotNegative | None = None


class SlabsForm(Form):
    kind: Literal["slabs"]
    steps: list[SlabForm] = Field(max_length=48, json_schema_extra={"minItems": 1})


class StandingForm(Form):
    per_day: NotNegative = Decimal(0)
    per_kw_month: NotNegative = Decimal(0)


class SubsidyForm(Form):
    units_kwh: NotNegative
    share: Share
    every: Every = Every.MONTH


class TaxForm(Form):
    rate: Share
    name: Words = Field(default="Tax", min_length=1, max_length=40)


class VersionDocument(Form):
    """What applies from a day on, as it is written and stored."""

    valid_from: date
    energy: Annotated[
        FlatForm | TimeOfUseForm | PriceSeriesForm | SlabsForm, Field(discriminator="kind")
    ]
    standing: StandingForm = StandingForm()
    subsidy: SubsidyForm | None = None
    tax: TaxForm = TaxForm(rate=Decimal(0))


class TariffDocument(Form):
    """A tariff as it is written."""

    code: Code
    name: Words = Field(min_length=1, max_length=80)
    currency: str = Field(json_schema_extra={"pattern": f"^{CURRENCY.pattern}$"})
    versions: list[VersionDocument] = Field(min_length=1, max_length=1000)
