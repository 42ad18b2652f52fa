"""The fields of accounts and of API keys at the REST door."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from api.contract import CALENDAR_DAY, Fields, MeterId, Paged, Time
from data_layer.accounts.model import AccountType, Role, Status
from data_layer.accounts.rules import (
    LARGEST_KW,
    LONGEST_EMAIL,
    LONGEST_TEXT,
    SANCTIONED_KW,
    SANCTIONED_KW_RULE,
)
from data_layer.tariffs.document_forms import SOMETHING
from data_layer.tariffs.model import CODE

Line = Annotated[str, Field(max_length=LONGEST_TEXT, description="one line")]
Words = Annotated[Line, Field(json_schema_extra={"minLength": 1, "pattern": SOMETHING})]
"""A line that says something: of spaces alone it is missing."""
Email = Annotated[str, Field(max_length=LONGEST_EMAIL, examples=["tan@example.org"])]
Day = Annotated[
    str, Field(pattern=f"^({CALENDAR_DAY})?$", description="or empty", examples=["2026-03-01"])
]
TariffCode = Annotated[
    str, Field(pattern=f"^({CODE.pattern})?$", description="or empty", examples=["HOME-2026"])
]


Warnings = Annotated[
    list[str],
    Field(
        description="a sentence when the account's tariff is not in the catalog: mistyped, or "
        "to be entered still"
    ),
]
SanctionedKw = (
    Annotated[float, Field(gt=0, le=LARGEST_KW)]
    | Annotated[str, Field(pattern=f"^({SANCTIONED_KW.pattern})?$")]
)


class AccountRegistered(Fields):
    """The account is in the register."""

    meter_id: MeterId
    message: str
    warnings: Warnings


class _Attributes(Fields):
    """What an account may say beside its meter."""

    region: Line = Field(default="", examples=["East"])
    area: Line = Field(default="", examples=["Bedok"])
    postcode: Line = Field(default="", examples=["460012"])
    dwelling_type: Line = Field(default="", examples=["4-room"])
    email: Email = Field(default="", description="with which the household signs in")
    tariff_code: TariffCode = ""
    moved_in: Day = Field(default="", description="nothing earlier is shown to the household")
    sanctioned_kw: SanctionedKw = Field(
        default="", description=f"load of the supply: {SANCTIONED_KW_RULE}", examples=["5.5"]
    )


class NewAccount(_Attributes):
    """An account to register."""

    owner_name: Words = Field(examples=["Tan Wei Ling"])
    address: Words = Field(examples=["12 Bedok North Rd"])
    meter_id: MeterId


class ChangedAccount(_Attributes):
    """What is to be changed of an account; an empty text clears a field that may be empty."""

    owner_name: Words = ""
    address: Words = ""
    account_type: AccountType = AccountType.POSTPAID


class AccountAnswer(Fields):
    """An account, without its sign-in."""

    meter_id: MeterId
    owner_name: str
    email: str
    address: str
    region: str
    area: str
    postcode: str
    dwelling_type: str
    tariff_code: str
    account_type: AccountType
    status: Status
    registered_at: str
    moved_in: str
    sanctioned_kw: str | None = Field(
        description="load of the supply, exact; null where nobody said", examples=["5.5"]
    )
    has_password: bool
    warnings: Warnings


class AccountsAsked(Paged):
    search: str = Field(default="", description="words in meter, owner, e-mail, address, postcode")
    region: str = ""
    area: str = ""
    dwelling_type: str = ""
    status: Literal["active", "inactive"] | None = None


class AccountsAnswer(Fields):
    """One page of the accounts that match, by meter."""

    accounts: list[AccountAnswer]
    total: int = Field(description="how many match in all")


class NewKey(Fields):
    """A key to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"role": {"const": "household"}}},
            "then": {"properties": {"meters": {"minItems": 1}}, "required": ["meters"]},
            "else": {"properties": {"meters": {"maxItems": 0}}},
        }
    )
    role: Role
    name: Line = Field(default="", description="what it is for")
    meters: list[MeterId] = Field(
        default_factory=list, max_length=100, description="of a household's key, and only of one"
    )


class KeyAnswer(Fields):
    """All that is kept of a key."""

    id: str = Field(examples=["k7"])
    number: int
    role: Role
    name: str
    meters: list[str]
    created_at: Time
    created_by: str
    last_used_at: Time | None = Field(description="exact to a minute")
    revoked_at: Time | None


class KeyMade(KeyAnswer):
    """The key is made; it is told this once."""

    key: str


class KeysAsked(Paged):
    pass


class KeysAnswer(Fields):
    """Keys in the order they were made."""

    keys: list[KeyAnswer]
    total: int
