"""The form of a tariff's document: which fields there are, and what may stand in each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from data_layer.tariffs import rules
from data_layer.tariffs.model import CODE, Every

SOMETHING = r"[^\s\x00-\x1f]"
"""A character that is no space, in the eyes of every reader of schemas."""
BROKEN = "rule_broken"
"""The type of an error whose message is one of our own rules."""
MOST_RATES, MOST_VERSIONS = 48, 1000
"""Bands or slabs of a version, and versions of a tariff. Whether there are more is asked of the
document as it came: a list too long would keep the faults of what is in it from being found."""
Value = TypeVar("Value")


def _keeps(rule: Callable[[Value], str | None]) -> AfterValidator:
    """The values that a rule has nothing to say of."""

    def check(value: Value) -> Value:
        told = rule(value)
        if told is not None:
            raise PydanticCustomError(BROKEN, "{told}", {"told": told})
        return value

    return AfterValidator(check)


def _written(pattern: str, **bounds: int) -> WithJsonSchema:
    """What the schema says of an amount, as a number or as a text; its rule is in rules.py."""
    number = {"type": "number", **bounds}
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": f"^({pattern})$"}]})


_Decimal = Annotated[Decimal, Field(allow_inf_nan=False)]
_NOT_NEGATIVE = _written(r"\d{1,9}(\.\d{1,9})?", minimum=0)
_SHARE = _written(r"0(\.\d{1,9})?|1(\.0{1,9})?", minimum=0, maximum=1)
Amount = Annotated[_Decimal, _keeps(rules.rate), _written(r"[+-]?\d{1,9}(\.\d{1,9})?")]
NotNegative = Annotated[_Decimal, _keeps(rules.not_negative), _NOT_NEGATIVE]
Kwh = Annotated[_Decimal, _keeps(rules.whole_wh), _NOT_NEGATIVE]
TaxRate = Annotated[_Decimal, _keeps(rules.tax_rate), _SHARE]
SubsidyShare = Annotated[_Decimal, _keeps(rules.subsidy_share), _SHARE]
Code = Annotated[str, _keeps(rules.code), Field(json_schema_extra={"pattern": f"^{CODE.pattern}$"})]
Currency = Annotated[
    str,
    _keeps(rules.currency),
    Field(json_schema_extra={"pattern": f"^{rules.CURRENCY.pattern}$"}),
]
Words = Annotated[str, _keeps(rules.printable)]
BandName = Annotated[
    Words,
    _keeps(rules.band_name),
    Field(max_length=40, json_schema_extra={"pattern": SOMETHING}),
]
HalfHour = Annotated[
    str,
    _keeps(rules.half_hour),
    Field(json_schema_extra={"pattern": r"^(([01]\d|2[0-3]):(00|30)|24:00)$"}),
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Month = Annotated[int, _keeps(rules.month), Field(json_schema_extra={"minimum": 1, "maximum": 12})]
_NOT_EMPTY = Field(min_length=1)


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
    bands: list[BandForm] = Field(json_schema_extra={"maxItems": MOST_RATES})
    otherwise: OtherwiseForm


class PriceSeriesForm(Form):
    kind: Literal["price_series"]
    series: Code


class SlabForm(Form):
    rate: Amount
    up_to_kwh: Kwh | None = None


class SlabsForm(Form):
    kind: Literal["slabs"]
    steps: list[SlabForm] = Field(min_length=1, json_schema_extra={"maxItems": MOST_RATES})


class StandingForm(Form):
    per_day: NotNegative = Decimal(0)
    per_kw_month: NotNegative = Decimal(0)


class SubsidyForm(Form):
    units_kwh: Kwh
    share: SubsidyShare
    every: Every = Every.MONTH


class TaxForm(Form):
    rate: TaxRate
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
    currency: Currency
    versions: list[VersionDocument] = Field(
        min_length=1, json_schema_extra={"maxItems": MOST_VERSIONS}
    )
