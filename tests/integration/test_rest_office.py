"""REST for the office: accounts, bills, tariffs, totals, stored readings, jobs and keys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data_layer.accounts.model import Role
from tests.integration.conftest import OTHER_METER, OWN_METER, Served
from tests.integration.rest_month import MONTH, TARIFF, serving_a_month

NEW = {"meter_id": "531-000-003", "owner_name": "Ng", "address": "3 Orchard Road"}


@pytest.fixture
def rest(tmp_path: Path) -> Iterator[Served]:
    with serving_a_month(tmp_path / "home") as found:
        yield found


def test_an_account_is_registered_once_found_modified_and_closed(rest: Served) -> None:
    made = rest.ask("POST", "/api/register_account", json=NEW | {"area": "Bedok"})
    assert made["meter_id"] == NEW["meter_id"]
    again = rest.ask("POST", "/api/register_account", expect=409, json=NEW)
    assert again["field"] == "meter_id"

    found = rest.ask("GET", "/api/accounts?search=orchard&limit=1&offset=2")
    assert (found["total"], [one["meter_id"] for one in found["accounts"]]) == (3, ["531-000-003"])
    assert "password_hash" not in found["accounts"][0]
    address = f"/api/accounts/{NEW['meter_id']}"
    changed = rest.ask("PATCH", address, json={"area": "", "email": "Ng@Example.org"})
    assert (changed["area"], changed["email"], changed["owner_name"]) == (
        "",
        "ng@example.org",
        "Ng",
    )
    assert rest.ask("GET", address) == changed
    assert rest.ask("POST", f"{address}/deactivate")["status"] == "inactive"
    rest.ask("POST", f"{address}/deactivate", expect=409)
    assert rest.ask("POST", f"{address}/activate")["status"] == "active"


def test_a_tariff_that_nobody_entered_is_warned_of(rest: Served) -> None:
    made = rest.ask("POST", "/api/register_account", json=NEW | {"tariff_code": "HOME-2062"})
    stored = ", ".join(one["code"] for one in rest.ask("GET", "/api/tariffs")["tariffs"])
    assert stored
    assert made["warnings"] == [
        "tariff HOME-2062 is not in the catalog, and nothing is billed by it until it is entered. "
        f"Stored {'are' if ',' in stored else 'is'}: {stored}."
    ]
    address = f"/api/accounts/{NEW['meter_id']}"
    assert rest.ask("GET", address)["warnings"] == made["warnings"]
    listed = rest.ask("GET", "/api/accounts")["accounts"]
    assert {one["meter_id"]: one["warnings"] for one in listed}[NEW["meter_id"]] == made["warnings"]
    for code in (stored.partition(",")[0], ""):
        assert rest.ask("PATCH", address, json={"tariff_code": code})["warnings"] == []


def test_a_sanctioned_load_is_said_told_and_taken_back(rest: Served) -> None:
    made = NEW | {"sanctioned_kw": 5.5}
    rest.ask("POST", "/api/register_account", json=made)
    address = f"/api/accounts/{NEW['meter_id']}"
    assert rest.ask("GET", address)["sanctioned_kw"] == "5.5"
    assert rest.ask("PATCH", address, json={"area": "Bedok"})["sanctioned_kw"] == "5.5"
    assert rest.ask("PATCH", address, json={"sanctioned_kw": "12.125"})["area"] == "Bedok"
    listed = rest.ask("GET", "/api/accounts?search=Ng")["accounts"]
    assert [one["sanctioned_kw"] for one in listed] == ["12.125"]
    said = rest.book.audit.about(NEW["meter_id"], "load sanctioned")
    assert [entry.details for entry in said] == [
        {"kw": "5.5", "before": "0"}, {"kw": "12.125", "before": "5.5"},
    ]  # fmt: skip
    assert rest.ask("PATCH", address, json={"sanctioned_kw": ""})["sanctioned_kw"] is None
    for wrong in (0, -1, 10_000.001, 1.2345, "1e3", "１", "nan", True, [5]):
        refused = rest.ask("PATCH", address, expect=400, json={"sanctioned_kw": wrong})
        assert refused["field"] == "sanctioned_kw"
    assert rest.ask("GET", address)["sanctioned_kw"] is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"owner_name": ""}, "owner_name"), ({"meter_id": "?"}, "meter_id"), ({"email": "x"}, "email"),
     ({"moved_in": "2026-02-30"}, "moved_in"), ({"tariff_code": "a b"}, "tariff_code")],
)  # fmt: skip
def test_an_account_is_refused_by_field(rest: Served, wrong: dict[str, str], field: str) -> None:
    refused = rest.ask("POST", "/api/register_account", expect=400, json=NEW | wrong)
    assert refused["field"] == field
    assert field in refused["detail"]


def test_last_months_bill_has_the_fields_of_the_contract(rest: Served) -> None:
    for role in (Role.HOUSEHOLD, Role.ADMIN):
        bill = rest.ask("GET", f"/api/get_last_month_bill?meter_id={OWN_METER}", role)
        contract = ("period", "start_reading", "end_reading", "consumption", "start_time",
                    "end_time")  # fmt: skip
        assert [bill[name] for name in contract] == [
            MONTH, 100.0, 200.0, 100.0, "2026-10-01T00:00:00+08:00", "2026-11-01T00:00:00+08:00",
        ]  # fmt: skip
        # 100 kWh at 0.30 and 31 days at 0.10 are 33.10; 9 % of it are 2.979.
        sums = ("net", "net_minor", "tax", "tax_minor", "gross", "gross_minor", "currency")
        assert [bill[name] for name in sums] == ["33.10", 3310, "2.98", 298, "36.08", 3608, "SGD"]
        assert [line["kind"] for line in bill["lines"]] == ["energy", "standing", "tax"]
        assert (bill["version"], bill["missing_half_hours"]) == (1, 0)
        assert bill["estimated_kwh"] == 100.0
    missing = rest.ask("GET", f"/api/get_last_month_bill?meter_id={OTHER_METER}", expect=404)
    assert missing["field"] == "month"


def test_bills_are_listed_shown_by_version_and_issued_again_when_something_changed(
    rest: Served,
) -> None:
    asked = {"meter_id": OWN_METER, "month": MONTH}
    assert rest.ask("POST", "/api/bills", json=asked)["is_new"] is False
    late = {"meter_id": OWN_METER, "timestamp": "2026-10-10T00:00:00", "reading": 120}
    rest.ask("POST", "/api/receive_meter_reading", json=late)
    again = rest.ask("POST", "/api/bills", json=asked)
    assert (again["is_new"], again["version"]) == (True, 2)

    listed = rest.ask("GET", f"/api/bills?meter_id={OWN_METER}", Role.HOUSEHOLD)
    assert (listed["total"], [one["version"] for one in listed["bills"]]) == (1, [2])
    assert rest.ask("GET", f"/api/bills?meter_id={OWN_METER}&offset=1")["bills"] == []
    first = rest.ask("GET", f"/api/bills/{MONTH}?meter_id={OWN_METER}&version=1")
    assert first["version"] == 1
    rest.ask("GET", f"/api/bills/{MONTH}?meter_id={OWN_METER}&version=3", expect=404)
    rest.ask("GET", f"/api/bills/October?meter_id={OWN_METER}", expect=400)
    rest.ask("POST", "/api/bills", expect=422, json=asked | {"month": "2026-11"})
    rest.ask("POST", "/api/bills", expect=404, json=asked | {"meter_id": OTHER_METER})


def test_a_household_sees_no_bill_of_days_before_it_moved_in(rest: Served) -> None:
    account = rest.book.accounts.get(OWN_METER)
    assert account is not None
    rest.book.accounts.modify(replace(account, moved_in="2026-10-15"), actor="cli")
    for path in ("/api/get_last_month_bill?", f"/api/bills/{MONTH}?"):
        rest.ask("GET", f"{path}meter_id={OWN_METER}", Role.HOUSEHOLD, expect=404)
        rest.ask("GET", f"{path}meter_id={OWN_METER}")
    own = rest.ask("GET", f"/api/bills?meter_id={OWN_METER}", Role.HOUSEHOLD)
    assert own == {"bills": [], "total": 0}


def test_the_running_month_is_projected(rest: Served) -> None:
    path = f"/api/bills/projection?meter_id={OWN_METER}"
    found = rest.ask("GET", path, Role.HOUSEHOLD)["projection"]
    assert (found["period"], found["known_kwh"]) == ("2026-11", 60.0)
    assert found["gross_minor"] == sum(line["amount_minor"] for line in found["lines"])
    nothing = rest.ask("GET", f"/api/bills/projection?meter_id={OTHER_METER}")
    assert nothing == {"meter_id": OTHER_METER, "projection": None}


def test_a_tariff_whose_prices_nobody_entered_is_taken_with_a_warning(rest: Served) -> None:
    version = TARIFF["versions"][0] | {"energy": {"kind": "price_series", "series": "agil"}}  # type: ignore[index]
    sent = TARIFF | {"code": "SPOT", "versions": [version]}

    entered = rest.ask("POST", "/api/tariffs", json=sent)

    assert entered["new"] == [1]
    [warning] = entered["warnings"]
    assert warning.startswith("SPOT takes the prices of series agil, of which none is stored")
    assert rest.ask("GET", "/api/tariffs")["warnings"] == [warning]


def test_tariffs_and_prices_are_entered_once_and_shown(rest: Served) -> None:
    later = TARIFF["versions"][0] | {"valid_from": "2026-12-01"}  # type: ignore[index]
    sent = TARIFF | {"versions": [*TARIFF["versions"], later]}  # type: ignore[misc]
    entered = rest.ask("POST", "/api/tariffs", json=sent)
    assert entered == {"code": "HOME", "new": [2], "known": 1, "renamed_from": None, "warnings": []}
    shown = rest.ask("GET", "/api/tariffs/HOME")
    assert rest.ask("GET", "/api/tariffs") == {"tariffs": [shown], "total": 1, "warnings": []}
    assert [one["number"] for one in shown["versions"]] == [1, 2]
    renamed = rest.ask("POST", "/api/tariffs", json=sent | {"name": "Household"})
    assert (renamed["new"], renamed["renamed_from"]) == ([], "Home")
    rest.ask("GET", "/api/tariffs/NONE", expect=404)
    rest.ask("POST", "/api/tariffs", expect=409, json=TARIFF | {"currency": "GBP"})
    wrong = rest.ask("POST", "/api/tariffs", expect=400, json=TARIFF | {"versions": 5})
    assert wrong["field"] == "versions"

    row = "2026-12-01T00:00:00,2026-12-01T00:30:00"
    prices, csv = "/api/tariffs/prices?series=agile", {"content_type": "text/csv"}
    body = f"valid_from,valid_to,price\n{row},0.21\n"
    assert rest.ask("POST", prices, data=body, **csv)["added"] == 1
    assert rest.ask("POST", prices, data=body, **csv)["known"] == 1
    rest.ask("POST", prices, expect=409, data=body.replace("0.21", "0.22"), **csv)
    rest.ask("POST", prices, expect=400, data=b"\xff", **csv)
    rest.ask("POST", prices, expect=415, data=body, content_type="text/plain")
    rest.ask("POST", "/api/tariffs/prices", expect=400, data=body, **csv)


def test_totals_are_those_of_the_page_and_small_groups_are_withheld(rest: Served) -> None:
    words = "from=2026-10-01&to=2026-10-31&region=Central&region=East&split=area"
    found = rest.ask("GET", f"/api/totals?{words}")
    (group,) = found["groups"]
    assert (group["area"], group["kwh"], group["households"]) == ("Orchard", [100.0], [1])
    by_day = rest.ask("GET", f"/api/totals?{words}&resolution=day")
    assert len(by_day["edges"]) == 32
    assert sum(by_day["groups"][0]["kwh"]) == pytest.approx(100)

    withheld = rest.ask("GET", f"/api/totals?{words}", Role.GOVERNMENT)
    assert (withheld["groups"], withheld["withheld_groups"]) == ([], 1)
    assert withheld["withheld_households"] == "fewer than 5"
    assert rest.ask("GET", "/api/totals?split=street", expect=400)["field"] == "split"
    rest.ask("GET", "/api/totals?meter_id=x", expect=400)
    rest.ask("GET", f"/api/usage?meter_id={OWN_METER}", Role.GOVERNMENT, expect=403)


def test_stored_readings_are_those_of_the_meter_alone(rest: Served) -> None:
    longer = {**NEW, "meter_id": f"{OWN_METER}-A"}
    rest.ask("POST", "/api/register_account", json=longer)
    sent = {"meter_id": longer["meter_id"], "timestamp": "2026-11-01T00:00:00", "reading": 7}
    rest.ask("POST", "/api/receive_meter_reading", json=sent)

    found = rest.ask("GET", f"/api/readings?meter_id={OWN_METER}&limit=2")
    assert found["total"] == 3
    assert [one["value_kwh"] for one in found["readings"]] == [260.0, 200.0]
    rest.ask("GET", "/api/readings?meter_id=531-000-00", expect=404)
    part = rest.ask("GET", f"/api/readings?meter_id={OWN_METER}&end=2026-11-01")
    assert [one["read_at"] for one in part["readings"]] == ["2026-10-01T00:00:00+08:00"]


def test_work_is_begun_followed_and_listed(rest: Served) -> None:
    begun = rest.ask("POST", "/api/jobs", expect=202, json={"kind": "bill_month", "month": MONTH})
    while (job := rest.ask("GET", f"/api/jobs/{begun['id']}"))["state"] in ("queued", "running"):
        time.sleep(0.02)
    assert (job["state"], job["result"]["unchanged"]) == ("done", 1)
    assert rest.ask("GET", "/api/jobs?limit=1")["jobs"] == [job]
    rest.ask("GET", "/api/jobs/77", expect=404)
    for wrong in ({"kind": "bill_month"}, {"kind": "end_day", "month": MONTH}, {"kind": "rest"}):
        rest.ask("POST", "/api/jobs", expect=400, json=wrong)


@pytest.mark.parametrize("month", ["2026-11", "2030-01"])
def test_a_month_that_is_not_over_is_refused_before_there_is_a_job(
    rest: Served, month: str
) -> None:
    known = rest.ask("GET", "/api/jobs")
    refused = rest.ask("POST", "/api/jobs", expect=422, json={"kind": "bill_month", "month": month})
    assert refused["detail"].startswith(f"month {month} is not over")
    assert rest.ask("GET", "/api/jobs") == known


def test_a_key_is_told_once_opens_and_is_revoked(rest: Served) -> None:
    sent = {"role": "household", "name": "display", "meters": [OWN_METER]}
    made = rest.ask("POST", "/api/keys", expect=201, json=sent)
    bare = made.pop("key")
    listed = rest.ask("GET", "/api/keys")
    assert made in listed["keys"]
    assert bare not in str(listed)
    client, header = rest.server.test_client(), {"Authorization": f"Bearer {bare}"}
    path = f"/api/bills?meter_id={OWN_METER}"
    assert client.get(path, headers=header).status_code == 200
    revoked = rest.ask("DELETE", f"/api/keys/{made['number']}")
    assert revoked["revoked_at"]
    rest.ask("DELETE", f"/api/keys/{made['number']}", expect=409)
    assert client.get(path, headers=header).status_code == 401


def test_a_bill_is_handed_out_as_pdf_and_csv_to_a_key_of_its_own_meter(rest: Served) -> None:
    rest.ask("POST", "/api/bills", json={"meter_id": OWN_METER, "month": MONTH})
    client, key = rest.server.test_client(), rest.key(Role.HOUSEHOLD)
    address = f"/exports/bills/{MONTH}.{{}}?meter_id={{}}"
    for kind, begins in (("pdf", b"%PDF-"), ("csv", b"# Meterbook: electricity bill")):
        own = client.get(address.format(kind, OWN_METER), headers=key)
        assert (own.status_code, own.data[: len(begins)]) == (200, begins)
        assert client.get(address.format(kind, OTHER_METER), headers=key).status_code == 404
        assert client.get(address.format(kind, OWN_METER)).status_code == 401
