"""A whole application over a home with two households and staff, and a browser for each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import SERVICE_UNAVAILABLE
from pathlib import Path
from typing import Any

import pytest
from dash._utils import split_callback_id
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from data_layer.accounts.model import Account, Role, StaffMember
from data_layer.accounts.people import find_person
from data_layer.accounts.sign_in import SignIn
from data_layer.book import Book
from data_layer.clock import Clock, system_clock
from settings import Settings

PASSWORD = "a long enough one"
OWN_METER, OTHER_METER, NO_METER = "531-000-001", "531-000-002", "531-000-009"
EMAILS = {
    Role.HOUSEHOLD: "tan@example.org",
    Role.GOVERNMENT: "gov@example.org",
    Role.ADMIN: "boss@example.org",
}


@dataclass
class Browser:
    """Asks like a browser would: with its cookies, and the form token where something changes."""

    client: FlaskClient

    def get(self, path: str, *, page: bool = False) -> TestResponse:
        headers = {"Accept": "text/html"} if page else {}
        return self.client.get(path, headers=headers, buffered=True)

    def post(self, path: str, *, data: object = None, json: object = None) -> TestResponse:
        return self.client.post(path, data=data, json=json, headers=self.token(), buffered=True)

    def token(self) -> dict[str, str]:
        """The header with which a page of ours proves that it is one."""
        if self.client.get_cookie("_csrf_token") is None:
            self.client.get("/sign-in?next=/", headers={"Accept": "text/html"})
        cookie = self.client.get_cookie("_csrf_token")
        assert cookie is not None
        return {"X-CSRFToken": cookie.value}


@dataclass
class Served:
    """A running application and its book."""

    server: Flask
    book: Book

    def anonymous(self) -> Browser:
        return Browser(self.server.test_client())

    def browser(self, role: Role) -> Browser:
        """A browser in which the role's person has signed in."""
        found = self.anonymous()
        person = find_person(self.book.accounts, self.book.staff, EMAILS[role])
        assert person is not None
        found.client.set_cookie(
            "meterbook_session",
            self.book.sessions.begin(email=person.email, role=role, stamp=person.stamp),
        )
        return found

    def key(self, role: Role) -> dict[str, str]:
        """The header of a new API key; a household's is bound to OWN_METER."""
        meters = (OWN_METER,) if role is Role.HOUSEHOLD else ()
        _, text = self.book.api_keys.issue(role, name="test", meter_ids=meters, actor="cli")
        return {"Authorization": f"Bearer {text}"}

    def ask(
        self, method: str, path: str, role: Role = Role.ADMIN, *, expect: int = 200, **more: Any
    ) -> dict[str, Any]:
        """What the REST door answers to a key of the role; an error is a problem document."""
        client = self.server.test_client()
        answer = client.open(path, method=method, headers=self.key(role), **more)
        assert answer.status_code == expect, answer.text
        problem = "application/problem+json"
        assert answer.mimetype == (problem if expect >= 400 else "application/json")
        if expect == SERVICE_UNAVAILABLE:
            assert int(answer.headers["Retry-After"]) > 0
        return dict(answer.get_json())

    def give_password(self, role: Role) -> None:
        sign_in: SignIn = self.book.sign_in
        token = sign_in.issue_link(EMAILS[role], actor="cli")
        sign_in.set_password(token, password=PASSWORD, address="192.0.2.1")


def callback_body(key: str, entry: Mapping[str, Any], *, value: object = None) -> dict[str, Any]:
    """What the renderer sends for this callback, with one value for every input and state."""

    def component(name: str) -> Any:
        if not name.startswith("{"):
            return name
        parts = json.loads(name).items()
        return {key: "x" if isinstance(part, list) else part for key, part in parts}

    def argument(declared: Mapping[str, str]) -> Any:
        if "ALL" in declared["id"]:
            return []
        shown = {"id": component(declared["id"]), "property": declared["property"]}
        return {**shown, "value": value}

    declared = split_callback_id(key)
    several = declared if isinstance(declared, list) else [declared]
    outputs = [{"id": component(one["id"]), "property": one["property"]} for one in several]
    return {
        "output": key,
        "outputs": outputs if isinstance(declared, list) else outputs[0],
        "inputs": [argument(one) for one in entry["inputs"]],
        "state": [argument(one) for one in entry["state"]],
        "changedPropIds": [f"{one['id']}.{one['property']}" for one in entry["inputs"][:1]],
    }


MANY = 10_000_000
"""Requests a minute: one person of a shared application asks for all the tests."""


@contextmanager
def serving(home: Path, *, clock: Clock = system_clock) -> Iterator[Served]:
    """An application over a new home, furnished."""
    with Book.open(home, scheduled=False, clock=clock) as book:
        for meter_id, email in ((OWN_METER, "tan@example.org"), (OTHER_METER, "lim@example.org")):
            account = Account(
                meter_id, f"Owner of {meter_id}", "1 Orchard Road", email=email, region="Central",
                area="Orchard", dwelling_type="4-room",
            )  # fmt: skip
            book.accounts.register(account, actor="cli")
        for role in (Role.GOVERNMENT, Role.ADMIN):
            book.staff.register(StaffMember(EMAILS[role], "Somebody", role), actor="cli")
        yield Served(create_app(Settings(home=home, requests_per_minute=MANY), book=book), book)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """An application of the test's own."""
    with serving(tmp_path / "home") as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One application for the tests of a file that only look."""
    with serving(tmp_path_factory.mktemp("shared") / "home") as found:
        yield found
