"""What the documentation shows of tariffs is read by the real reader, and leaves nothing out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from data_layer.tariffs.document_faults import ENERGY_KINDS
from data_layer.tariffs.document_forms import (
    BandForm,
    FlatForm,
    PriceSeriesForm,
    SlabForm,
    SlabsForm,
    StandingForm,
    SubsidyForm,
    TariffDocument,
    TaxForm,
    TimeOfUseForm,
    VersionDocument,
)
from data_layer.tariffs.documents import tariff_from_text

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "tariffs.md").read_text()
EXAMPLE = re.compile(r"^```json\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PARTS = ("standing", "subsidy", "tax")
FORMS: tuple[type[BaseModel], ...] = (
    TariffDocument,
    VersionDocument,
    FlatForm,
    TimeOfUseForm,
    BandForm,
    PriceSeriesForm,
    SlabsForm,
    SlabForm,
    StandingForm,
    SubsidyForm,
    TaxForm,
)


def examples(heading: str) -> list[str]:
    """The JSON under a heading, up to the next one."""
    section = re.split(r"^## ", PAGE.partition(f"\n## {heading}\n")[2], flags=re.MULTILINE)[0]
    return EXAMPLE.findall(section)


def test_every_json_example_is_a_tariff() -> None:
    every = EXAMPLE.findall(PAGE)
    assert len(every) == PAGE.count("```") / 2 == len(ENERGY_KINDS) + len(PARTS)
    for example in every:
        assert tariff_from_text(example).versions


def test_the_tariff_shown_with_its_command_is_read() -> None:
    text = (DOCS / "commands.md").read_text().partition("### flask tariff import\n")[2]
    assert tariff_from_text(text.split("```")[1]).code == "HOME-2026"


@pytest.mark.parametrize("kind", ENERGY_KINDS)
def test_every_kind_of_energy_has_an_example(kind: str) -> None:
    (example,) = examples(kind)
    assert {version["energy"]["kind"] for version in json.loads(example)["versions"]} == {kind}


@pytest.mark.parametrize("part", PARTS)
def test_every_other_part_of_a_version_has_an_example(part: str) -> None:
    (example,) = examples(part)
    assert all(part in version for version in json.loads(example)["versions"])


def test_every_field_is_shown_and_explained() -> None:
    shown, prose = "".join(EXAMPLE.findall(PAGE)), EXAMPLE.sub("", PAGE)
    names = {field.alias or name for form in FORMS for name, field in form.model_fields.items()} - {
        "kind"
    }
    assert len(names) > 20
    assert {name for name in names if f'"{name}"' not in shown or f"`{name}`" not in prose} == set()
