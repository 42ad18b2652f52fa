"""The tariffs page: each kind explained in words, files checked with every fault, then entered."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callbacks import tariff_import, tariff_list, tariff_report
from components.dash_json import encoded
from data_layer.accounts.model import Role, Viewer
from data_layer.errors import BadInput, MeterbookError, NotFound
from data_layer.readings.model import Action
from data_layer.tariffs.documents import tariff_from, tariff_from_text
from pages.tariffs import EXAMPLES
from tests.browser.office import BANDS, SLABS
from tests.integration.conftest import EMAILS, OTHER_METER, OWN_METER, Served

ADMIN = Viewer(Role.ADMIN, EMAILS[Role.ADMIN])
EXAMPLE_FILES = Path(__file__).parents[2] / "assets" / "examples"
FLAT = {"kind": "flat", "rate": "0.30"}
PRICES = """\
valid_from,valid_to,price
2026-01-01T00:00,2026-01-01T00:30,0.20
2026-01-01T00:30,2026-01-01T01:00,-0.01
"""


def text(part: object) -> str:
    return encoded(part).decode()


def words(part: object) -> str:
    """What people read of a component, without its markup."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list):
            for each in value:
                walk(each)
        elif isinstance(value, dict):
            walk(value.get("props", {}).get("children"))

    walk(json.loads(encoded(part)))
    return " ".join(found)


def document(*versions: dict[str, object], code: str = "HOME", name: str = "Home") -> str:
    return json.dumps({"code": code, "name": name, "currency": "SGD", "versions": versions})


def version(valid_from: str = "2020-01-01", **parts: object) -> dict[str, object]:
    return {"valid_from": valid_from, "energy": FLAT} | parts


def enter(served: Served, *documents: str) -> None:
    scope = served.book.authorize(ADMIN, Action.MANAGE_TARIFFS)
    served.book.tariffs.enter(scope, [tariff_from_text(one) for one in documents])


def give(served: Served, meter_id: str, code: str) -> None:
    account = served.book.accounts.get(meter_id)
    assert account is not None
    served.book.accounts.modify(replace(account, tariff_code=code), actor="cli")


def shown(served: Served, **asked: str) -> dict[str, str]:
    return {
        name: words(part) for name, part in tariff_list.shown(served.book, ADMIN, asked).items()
    }


def arrived(served: Served, name: str, content: str | bytes) -> dict[str, str]:
    """The address's words for a file that was sent."""
    given = content if isinstance(content, bytes) else content.encode()
    staged = served.book.staging.stage(name, [given])
    return tariff_import.arrived(served.book, ADMIN, staged.id)


def report(served: Served, asked: dict[str, str]) -> str:
    found = tariff_import.checked(served.book, ADMIN, asked)
    assert found is not None
    return words(tariff_report.drawn(served.book, found, asked))


def test_the_list_says_what_each_costs_and_how_many_have_it(served: Served) -> None:
    assert "No tariffs yet" in shown(served)["list"]
    assert shown(served)["series"].startswith("None is stored")
    enter(served, document(version(), version("2099-01-01")), document(version(), code="OLD"))
    give(served, OWN_METER, "HOME")
    give(served, OTHER_METER, "GONE")
    said = shown(served)
    assert said["count"] == "2 tariffs. 1 of 2 accounts have none of them."
    home, old = (
        "2  versions 1 Jan 2020 to 31 Dec 2098 1  account",
        "1  version from 1 Jan 2020 on 0",
    )
    assert f"HOME Home SGD One rate: SGD 0.30 {home}" in said["list"]
    assert f"OLD Home SGD One rate: SGD 0.30 {old}" in said["list"]
    assert "not in the catalog and are not billed: GONE (1 account)" in said["message"]
    give(served, OTHER_METER, "")
    assert shown(served)["count"] == "2 tariffs. 1 of 2 accounts have none of them."
    assert shown(served)["message"] == ""
    give(served, OTHER_METER, "OLD")
    assert shown(served)["count"] == "2 tariffs. Every account has one."


def test_a_tariff_to_come_says_so(served: Served) -> None:
    enter(served, document(version("2099-01-01")))
    assert "only from 1 Jan 2099 on" in shown(served)["list"]


def test_a_version_is_told_in_words(served: Served) -> None:
    parts: dict[str, object] = {
        "standing": {"per_day": "0.35", "per_kw_month": "1.15"},
        "subsidy": {"units_kwh": "2", "share": "1", "every": "day"},
        "tax": {"rate": "0.075", "name": "VAT"},
    }
    enter(served, document(version(**parts), version("2099-01-01")))
    said = shown(served, tariff="HOME")["details"]
    for sentence in (
        "HOME, Home",
        "Version 1 1 Jan 2020 to 31 Dec 2098 now",
        "Version 2 from 1 Jan 2099 on",
        "SGD 0.30 / kWh, at all times",
        "SGD 0.35 a day and SGD 1.15 a month for each kW of the sanctioned load",
        "The first 2 kWh of every day cost nothing",
        "7.5 % VAT on everything above",
    ):
        assert sentence in said
    later = shown(served, tariff="HOME", version="2")["details"]
    assert "Standing charge None Subsidy None Tax None" in later


def test_bands_are_told_and_drawn_for_each_kind_of_day(served: Served) -> None:
    enter(served, document(version(energy=BANDS)))
    details = tariff_list.shown(served.book, ADMIN, {"tariff": "HOME"})["details"]
    said, drawn = words(details), text(details)
    assert "Night SGD 0.1875 / kWh 23:00 to 07:00" in said
    assert "Evening peak SGD 0.4210 / kWh 18:00 to 21:00, Mon to Fri" in said
    assert "Day SGD 0.2994 / kWh at all other times" in said
    assert "Mon to Fri. 00:00 to 07:00: Night, SGD 0.1875 / kWh; 07:00 to 18:00: Day" in drawn
    assert "Sat and Sun. 00:00 to 07:00: Night, SGD 0.1875 / kWh; 07:00 to 23:00: Day" in drawn


def test_slabs_are_told_from_the_first_to_the_last(served: Served) -> None:
    enter(served, document(version(energy=SLABS)))
    said = shown(served, tariff="HOME")["details"]
    assert "the first 100 kWh SGD 0.2100 / kWh 100 to 300 kWh SGD 0.2890 / kWh" in said
    assert "above 300 kWh SGD 0.3470 / kWh" in said


def test_the_document_that_is_shown_can_be_entered_again(served: Served) -> None:
    enter(served, document(version(energy=BANDS), version("2099-01-01")))
    details = tariff_list.shown(served.book, ADMIN, {"tariff": "HOME"})["details"]
    (panel,) = details
    pre = next(part for part in panel._traverse() if getattr(part, "id", "") == "tariffs-document")
    again = tariff_from(json.loads(pre.children))
    stored = served.book.tariffs.catalog.get("HOME")
    assert again.versions == stored.versions[:1]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"tariff": "NONE"}, "Tariff 'NONE' is not in the catalog."),
        ({"tariff": "HOME", "version": "7"}, "Tariff HOME has no version '7' that applies."),
    ],
)
def test_what_is_not_there_is_said(served: Served, asked: dict[str, str], sentence: str) -> None:
    enter(served, document(version()))
    assert sentence in shown(served, **asked)["details"]


def test_a_file_is_checked_and_entered_when_told_so(served: Served) -> None:
    enter(served, document(version(), version("2026-01-01")))
    corrected = version("2026-01-01", energy={"kind": "flat", "rate": "0.33"})
    asked = arrived(
        served, "home.json", document(version(), corrected, version("2027-01-01"), name="Household")
    )
    said = report(served, asked)
    assert "Check of home.json" in said
    assert "HOME is called Home now; it becomes Household." in said
    assert "Known: version 1 stays" in said
    assert "Version 3 takes the place of version 2; bills made from that one" in said
    assert "New: version 4" in said
    assert "Enter 2 versions" in said
    assert len(served.book.tariffs.catalog.get("HOME").versions) == 2

    entered = tariff_import.entered(served.book, ADMIN, asked)
    assert words(entered) == (
        "Entered HOME: versions 3, 4. HOME is called Household now; it was called Home."
    )
    assert [one.number for one in served.book.tariffs.catalog.get("HOME").versions] == [1, 3, 4]
    with pytest.raises(NotFound):
        tariff_import.checked(served.book, ADMIN, asked)
    renamed, written = served.book.audit.recent(2)
    assert (written.action, written.actor) == ("tariff entered", ADMIN.name)
    assert (renamed.action, renamed.actor) == ("tariff renamed", ADMIN.name)


def test_what_is_known_already_needs_no_entering(served: Served) -> None:
    enter(served, document(version()))
    said = report(served, arrived(served, "home.json", document(version())))
    assert "Everything in this file is in the catalog already." in said
    assert "Forget the file" in said
    assert "Enter" not in said
    said = report(served, arrived(served, "home.json", document(version(), name="Other")))
    assert "Change the name" in said


def test_another_name_alone_is_entered_told_and_written_down(served: Served) -> None:
    enter(served, document(version()))
    asked = arrived(served, "home.json", document(version(), name="Household"))
    entered = words(tariff_import.entered(served.book, ADMIN, asked))
    assert entered == "HOME is called Household now; it was called Home."
    assert served.book.tariffs.catalog.get("HOME").name == "Household"
    written = served.book.audit.recent(1)[0]
    assert (written.action, written.subject, written.actor) == (
        "tariff renamed",
        "HOME",
        ADMIN.name,
    )
    assert written.details == {"old_name": "Home", "new_name": "Household"}
    again = arrived(served, "home.json", document(version(), name="Household"))
    known = words(tariff_import.entered(served.book, ADMIN, again))
    assert known == "Everything was known already."
    assert served.book.audit.recent(1) == [written]


def test_a_file_with_faults_enters_nothing(served: Served) -> None:
    enter(served, document(version()))
    rows = "code,valid_from,currency,unit_rate\nA,2026-01-01,SGD,much\nHOME,2026-01-01,EUR,0.3\n"
    asked = arrived(served, "bad.csv", rows)
    said = report(served, asked)
    assert "2 things are wrong: nothing of it can be entered." in said
    assert "HOME currency Tariff HOME is in SGD; one in EUR needs another code" in said
    assert "2 A unit_rate unit_rate 'much' is not a number." in said
    with pytest.raises(BadInput, match="line 2: unit_rate 'much'"):
        tariff_import.entered(served.book, ADMIN, asked)
    asked = arrived(served, "other.csv", rows.replace("much", "0.2"))
    assert "One thing in this file is wrong" in report(served, asked)
    with pytest.raises(MeterbookError, match="needs another code"):
        tariff_import.entered(served.book, ADMIN, asked)
    assert [one.code for one in served.book.tariffs.catalog.all()] == ["HOME"]


def test_many_faults_are_counted_and_the_first_are_shown(served: Served) -> None:
    rows = "code,valid_from,currency,unit_rate\n" + "A,2026-01-01\n" * 60
    said = report(served, arrived(served, "bad.csv", rows))
    assert "60 things are wrong" in said
    assert said.count("another number of cells") == 50
    assert "Shown are the first 50." in said


def test_prices_are_for_the_series_that_is_asked_else_named_like_the_file(served: Served) -> None:
    asked = arrived(served, "../Agile prices (Jan).csv", PRICES)
    found = tariff_import.checked(served.book, ADMIN, asked)
    assert found is not None
    assert found.series == "Agile-prices-Jan"
    asked |= {"series": "agile"}
    said = report(served, asked)
    assert "Would be added 2  prices" in said
    assert "2026-01-01 00:00 to 2026-01-01 01:00" in said
    assert "-0.01 to 0.20" in said
    entered = words(tariff_import.entered(served.book, ADMIN, asked))
    assert entered == "Entered 2 prices of series agile; 0 were known."
    assert "agile from 2026-01-01 00:00 to 2026-01-01 01:00 2" in shown(served)["series"]

    again = arrived(served, "agile.csv", PRICES)
    assert "Every price of this file is stored already." in report(served, again)
    changed = arrived(served, "agile.csv", PRICES.replace("0.20", "0.21"))
    assert "prices are published once" in report(served, changed)
    wrong = arrived(served, "agile.csv", PRICES) | {"series": "no name"}
    assert "series 'no name' is not a code" in report(served, wrong)


def test_a_tariff_without_its_prices_is_told(served: Served) -> None:
    energy = {"kind": "price_series", "series": "agile"}
    said = report(served, arrived(served, "home.json", document(version(energy=energy))))
    assert "HOME takes the prices of series agile, of which none is stored" in said
    asked = arrived(served, "home.json", document(version(energy=energy)))
    entered = words(tariff_import.entered(served.book, ADMIN, asked))
    assert "Entered HOME: version 1." in entered
    assert "of series agile, of which none is stored" in entered
    assert "No series is stored yet." in shown(served)["message"]
    assert "No price of series agile is stored" in shown(served, tariff="HOME")["details"]
    prices = arrived(served, "other.csv", PRICES) | {"series": "agile-2026"}
    tariff_import.entered(served.book, ADMIN, prices)
    assert "Stored is: agile-2026." in shown(served)["message"]
    tariff_import.entered(served.book, ADMIN, arrived(served, "agile.csv", PRICES))
    assert shown(served)["message"] == ""


def test_todays_prices_are_drawn_else_those_of_the_last_day(served: Served) -> None:
    enter(served, document(version(energy={"kind": "price_series", "series": "market"})))
    content = (EXAMPLE_FILES / "market.csv").read_bytes()
    tariff_import.entered(served.book, ADMIN, arrived(served, "market.csv", content))
    details = tariff_list.shown(served.book, ADMIN, {"tariff": "HOME"})["details"]
    assert "Prices of 1 Jan 2026" in words(details)
    assert "Lowest SGD -0.0120 / kWh" in words(details)
    assert "05:00: SGD" in text(details)
    assert text(details).count("price-column") == 48


@pytest.mark.parametrize("name", [name for _, name in EXAMPLES])
def test_the_examples_are_served_and_can_be_entered(served: Served, name: str) -> None:
    answer = served.browser(Role.ADMIN).get(f"/assets/examples/{name}")
    assert answer.status_code == 200
    asked = arrived(served, name, answer.get_data())
    assert "Nothing is stored yet." in report(served, asked)
    assert words(tariff_import.entered(served.book, ADMIN, asked)).startswith("Entered")


def test_a_file_may_be_forgotten_and_an_unknown_one_is_told(served: Served) -> None:
    asked = arrived(served, "home.json", document(version()))
    assert tariff_import.discarded(served.book, ADMIN, asked) == {"file": "", "series": ""}
    with pytest.raises(NotFound):
        tariff_import.checked(served.book, ADMIN, asked)
    assert tariff_import.checked(served.book, ADMIN, {}) is None
    large = arrived(served, "large.csv", b"x" * ((8 << 20) + 1))
    with pytest.raises(BadInput, match="8,388,608 are the most"):
        tariff_import.checked(served.book, ADMIN, large)
