"""Every REST call with anything its reference admits or forbids, by each role and anonymously.

No answer is a server error, and each has a status, a type and a body that the reference names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from data_layer.accounts.model import Role
from tests.integration.conftest import OWN_METER, Served
from tests.integration.rest_month import MONTH, TARIFF, serving_a_month

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
"""The reference names no 500; 503 it does, while a job of these very calls ends the day."""
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
EXAMPLES = {"anonymous": 2, Role.HOUSEHOLD: 12, Role.GOVERNMENT: 8, Role.ADMIN: 40}


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving_a_month(tmp_path_factory.mktemp("rest") / "home") as found:
        yield found


@pytest.mark.parametrize("who", EXAMPLES)
def test_every_call_answers_anything_as_its_reference_says(rest: Served, who: str) -> None:
    document = rest.server.test_client().get("/api/schema/").get_json()
    schema = schemathesis.openapi.from_dict(document)
    schema.app = rest.server
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    # Work that was begun stops readings for a moment: it comes last.
    for operation in sorted(operations, key=lambda one: one.path == "/api/jobs"):
        key = {} if who == "anonymous" else rest.key(Role(who))
        cases = st.one_of(
            operation.as_strategy(generation_mode=mode)
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        )
        _ask(cases, key, EXAMPLES[who])


def _ask(cases: st.SearchStrategy[Case], key: Mapping[str, str], examples: int) -> None:
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
        case.validate_response(answer, checks=CHECKS)

    ask()


def _make_known(part: Any) -> None:
    if isinstance(part, dict):
        part.update({name: value for name, value in KNOWN.items() if name in part})
