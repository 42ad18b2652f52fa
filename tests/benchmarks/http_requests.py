"""What a browser and a machine send, byte by byte, and whom they send it for."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator, Mapping
from http.cookiejar import CookieJar
from typing import Any

from data_layer.accounts.model import Account, Role
from data_layer.accounts.people import Person, find_person
from data_layer.book import Book

UPLOADERS = 2_000


def component_id(text: str) -> Any:
    """A component's id as the browser sends it: text, or an object where it is a pattern."""
    return json.loads(text.replace("\\.", ".")) if text.startswith("{") else text


def reading(meter: str, n: int, at: str) -> Mapping[str, str]:
    """The n-th reading of a meter, for the REST door."""
    return {"meter_id": meter, "timestamp": at[:16] + ":00" + at[19:], "reading": f"{n}.250"}


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of one request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def staff(book: Book) -> Iterator[Person]:
    """An admin and an analyst."""
    for role in (Role.ADMIN, Role.GOVERNMENT):
        email = next(member.email for member in book.staff.all() if member.role is role)
        person = find_person(book.accounts, book.staff, email)
        if person is not None:
            yield person


def headers_of(book: Book, address: str, person: Person) -> Mapping[str, str]:
    """Cookies and form token, as a browser has them after signing in."""
    jar = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    asked = urllib.request.Request(f"{address}/sign-in", headers={"Accept": "text/html"})  # noqa: S310 - ours
    with opener.open(asked):
        cookies = {cookie.name: cookie.value or "" for cookie in jar}
    session = book.sessions.begin(email=person.email, role=person.role, stamp=person.stamp)
    cookies["meterbook_session"] = session
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": cookies["_csrf_token"],
    }


def registered(book: Book) -> list[str]:
    """New accounts, whose meters nobody has read yet."""
    stamp = f"{int(time.time()):x}"
    accounts = [
        Account(f"load-{stamp}-{n}", "Load", "1 Load Road", email="", region="Central",
                area="Load", dwelling_type="4-room")
        for n in range(UPLOADERS)
    ]  # fmt: skip
    return [account.meter_id for account in book.accounts.register_many(accounts, actor="cli")]


def get(url: str, headers: Mapping[str, str]) -> bytes:
    asked = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - ours
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - ours
        return bytes(answer.read())
