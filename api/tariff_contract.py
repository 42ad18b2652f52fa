"""The fields of tariffs and prices at the REST door. A tariff is the document it is entered as."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.contract import Code, Fields, Paged
from data_layer.tariffs.document_forms import VersionDocument

Warnings = Annotated[
    list[str],
    Field(
        description="a sentence for each series of prices that is named and of which none is "
        "stored: perhaps a mistyped name"
    ),
]


class VersionAnswer(VersionDocument):
    """A version that applies, with its number on bills."""

    number: int


class TariffAnswer(Fields):
    """A tariff with the versions that apply, by first day."""

    code: Code
    name: str
    currency: str
    versions: list[VersionAnswer]


class TariffsAsked(Paged):
    pass


class TariffsAnswer(Fields):
    """Tariffs by code."""

    tariffs: list[TariffAnswer]
    total: int
    warnings: Warnings


class TariffEntered(Fields):
    """What became of a tariff's versions and its name."""

    code: Code
    new: list[int] = Field(description="numbers of versions that were not known")
    known: int = Field(description="versions that say what is stored")
    renamed_from: str | None = Field(
        description="the name the tariff had before; null where it keeps its name or is new"
    )
    warnings: Warnings


class PricesAsked(Fields):
    series: Code


class PricesEnteredAnswer(Fields):
    """What became of the file's prices."""

    series: Code
    added: int
    known: int
