"""Every REST call with anything its reference admits or forbids, by each role and anonymously.

No answer is a server error; each has a status, a type, headers and a body that the reference
names; what the reference forbids is refused, and what it admits is never told to be malformed.

    METERBOOK_REST_EXAMPLES=1000 pytest tests/integration/test_rest_anything.py --log-cli-level=INFO

asks each call that often as an admin, other roles in proportion, and tells how often it asked.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from data_layer.accounts.model import Role
from tests.integration.conftest import OWN_METER, Served
from tests.integration.rest_month import MONTH, TARIFF, serving_a_month

ALWAYS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
"""The reference names no 500; 503 it does, while a job of these very calls ends the day."""
NO_SCHEMA_SAYS = (
    "must be a whole number from",  # to JSON Schema 7.0 is one; here a number has one form
    "with at most three decimals",
    "printable characters",
    "must look like name@example.com",
    "must be a date such as",  # the thirtieth of February
    "does not exist",  # the day 0000-00-00
    "is not a day such as",
    "is outside the years",
    "the words of the address",  # a hundred of them
    "is not an amount of at most",
    "has more than three decimals",
    "the last slab, and only it",
    "does not lie above the slab before",
    "of one name have one rate",
    "is the first day of two versions",
    "must be later than start",
)
"""Rules that the reference tells in words."""
log = logging.getLogger(__name__)


def admitted_is_not_malformed(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """What the reference admits may break a metering rule, but is well-formed."""
    if response.status_code == 422:
        return None
    if case.media_type == "text/csv":  # a table, of which the reference says: text
        return None
    if response.status_code == 400 and any(
        rule in response.json()["detail"] for rule in NO_SCHEMA_SAYS
    ):
        return None
    return positive_data_acceptance(ctx, response, case)


EMPTY: tuple[object, ...] = ("", None, {}, [])
"""Values of an address of which nothing is left on the wire."""


def forbidden_is_refused(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """What the reference forbids is refused: of a list each item by itself."""
    if response.status_code == 200 and response.json().get("rejected"):
        return None
    given = (case.query or {}).values()
    if any(value in EMPTY for value in given):  # an empty parameter is one not given, as null is
        return None
    if isinstance(case.body, dict) and None in case.body.values():
        return None
    return negative_data_rejection(ctx, response, case)


AS_GENERATED = [forbidden_is_refused, admitted_is_not_malformed]
"""For cases whose values were not put into them by us."""
KNOWN = {
    "meter_id": OWN_METER,
    "meter": OWN_METER,
    "meters": [OWN_METER],
    "month": MONTH,
    "code": "HOME",
    "currency": "SGD",
    "versions": TARIFF["versions"],
    "job": "1",
    "start": "2026-10-01",
    "end": "2026-11-01",
    "from": "2026-10-01",
    "to": "2026-10-31",
    "timestamp": "2026-11-19T10:30:00",
    "email": "ng@example.org",
}
"""Values that lead somewhere in this home, in place of guessed ones."""
MOST = int(os.environ.get("METERBOOK_REST_EXAMPLES", "40"))
SHARES = {"anonymous": 0.05, Role.HOUSEHOLD: 0.3, Role.GOVERNMENT: 0.2, Role.ADMIN: 1.0}


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_a_month(tmp_path_factory.mktemp("rest") / "home") as found:
        yield found


@pytest.mark.parametrize("who", SHARES)
def test_every_call_answers_anything_as_its_reference_says(rest: Served, who: str) -> None:
    document = rest.server.test_client().get("/api/schema/").get_json()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = rest.server
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    asked: Counter[int] = Counter()
    # Work that was begun stops readings for a moment: it comes last.
    for operation in sorted(operations, key=lambda one: one.path == "/api/jobs"):
        key = {} if who == "anonymous" else rest.key(Role(who))
        cases = st.one_of(
            operation.as_strategy(generation_mode=mode)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        )
        _ask(cases, key, max(2, round(MOST * SHARES[who])), asked)
    told = ", ".join(f"{count} of {status}" for status, count in sorted(asked.items()))
    log.info("%s: %s calls asked %s times: %s", who, len(operations), asked.total(), told)


def _ask(
    cases: st.SearchStrategy[Case], key: Mapping[str, str], examples: int, asked: Counter[int]
) -> None:
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, is_known=st.booleans())
    def ask(case: Case, *, is_known: bool) -> None:
        if is_known:
            for part in (case.path_parameters, case.query, case.body):
                _make_known(part)
        answer = case.call(headers={"Accept-Encoding": "identity", **key})
        asked[answer.status_code] += 1
        case.validate_response(answer, checks=ALWAYS + ([] if is_known else AS_GENERATED))

    ask()


def _make_known(part: Any) -> None:
    if isinstance(part, dict):
        part.update({name: value for name, value in KNOWN.items() if name in part})
