"""The way in and out as a browser goes it: forms, cookies, headers, redirects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.errors import Forbidden
from security.exposure import refuse_if_exposed
from settings import Settings
from tests.integration.conftest import EMAILS, PASSWORD, Browser, Served, callback_body


def enter(
    browser: Browser, email: str, password: str = PASSWORD, next_path: str = "/"
) -> tuple[int, str]:
    form = {"email": email, "password": password, "next": next_path}
    answer = browser.post("/sign-in", data=form)
    return answer.status_code, answer.location or ""


@pytest.mark.parametrize(
    ("role", "main_page"),
    [(Role.HOUSEHOLD, "/usage"), (Role.GOVERNMENT, "/government"), (Role.ADMIN, "/operations")],
)
def test_each_role_lands_on_its_main_page(served: Served, role: Role, main_page: str) -> None:
    served.give_password(role)
    browser = served.anonymous()

    assert enter(browser, EMAILS[role]) == (303, "/")
    assert browser.get("/", page=True).location == main_page
    assert browser.get(main_page, page=True).status_code == 200


def test_a_page_asked_for_before_signing_in_is_shown_after(served: Served) -> None:
    served.give_password(Role.HOUSEHOLD)
    browser = served.anonymous()

    sent = browser.get("/usage?period=this_week&meter=531-000-001", page=True).location
    assert sent == "/sign-in?next=%2Fusage%3Fperiod%3Dthis_week%26meter%3D531-000-001"
    form = browser.get(sent, page=True).get_data(as_text=True)
    assert 'value="/usage?period=this_week&amp;meter=531-000-001"' in form
    wanted = "/usage?period=this_week&meter=531-000-001"
    assert enter(browser, EMAILS[Role.HOUSEHOLD], next_path=wanted) == (303, wanted)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/ok\r\nSet-Cookie: a=b",
    ],
)
def test_no_redirect_leads_elsewhere(shared: Served, elsewhere: str) -> None:
    shared.give_password(Role.HOUSEHOLD)
    browser = shared.anonymous()

    assert enter(browser, EMAILS[Role.HOUSEHOLD], next_path=elsewhere) == (303, "/")
    again = browser.client.get("/sign-in", query_string={"next": elsewhere})
    assert again.location == "/"


def test_a_wrong_password_is_one_sentence_and_keeps_the_email(served: Served) -> None:
    served.give_password(Role.HOUSEHOLD)
    browser = served.anonymous()

    answer = browser.post("/sign-in", data={"email": EMAILS[Role.HOUSEHOLD], "password": "wrong"})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert page.count('role="alert"') == 1
    assert "The e-mail or the password is wrong." in page
    assert f'value="{EMAILS[Role.HOUSEHOLD]}"' in page


def test_guessing_is_told_to_wait(served: Served) -> None:
    browser = served.anonymous()
    guess = {"email": EMAILS[Role.HOUSEHOLD], "password": "wrong"}
    browser.post("/sign-in", data=guess)
    with served.book.database.write() as connection:
        connection.exec_driver_sql("UPDATE attempts SET failures = 9")

    answer = browser.post("/sign-in", data=guess)

    assert answer.status_code == 429
    assert 250 <= int(answer.headers["Retry-After"]) <= 256
    assert "Too many attempts: try again in 5 minutes." in answer.get_data(as_text=True)


def test_what_is_typed_is_shown_as_text(shared: Served) -> None:
    answer = shared.anonymous().post(
        "/sign-in", data={"email": '"><script>alert(1)</script>', "password": "x", "next": '"><b>'}
    )

    assert "<script>alert" not in answer.get_data(as_text=True)
    assert "<b>" not in answer.get_data(as_text=True)


def test_a_signed_out_cookie_is_dead(served: Served) -> None:
    served.give_password(Role.ADMIN)
    browser = served.anonymous()
    enter(browser, EMAILS[Role.ADMIN])
    stolen = browser.client.get_cookie("meterbook_session")
    assert stolen is not None

    assert browser.post("/sign-out").location == "/sign-in"

    assert browser.get("/operations", page=True).status_code == 302
    browser.client.set_cookie("meterbook_session", stolen.value)
    assert browser.get("/operations", page=True).status_code == 302
    assert browser.post("/_dash-update-component", json={}).status_code == 401


def test_signing_in_changes_the_session_id(served: Served) -> None:
    served.give_password(Role.HOUSEHOLD)
    browser = served.anonymous()
    browser.client.set_cookie("meterbook_session", "chosen-by-somebody-else")

    enter(browser, EMAILS[Role.HOUSEHOLD])

    cookie = browser.client.get_cookie("meterbook_session")
    assert cookie is not None
    assert cookie.value != "chosen-by-somebody-else"
    assert len(cookie.value) == 43


def test_the_session_cookie_is_for_the_server_alone(served: Served) -> None:
    served.give_password(Role.HOUSEHOLD)
    browser = served.anonymous()
    form = {"email": EMAILS[Role.HOUSEHOLD], "password": PASSWORD}

    cookies = browser.post("/sign-in", data=form).headers.getlist("Set-Cookie")

    (session,) = [text for text in cookies if text.startswith("meterbook_session=")]
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Domain" not in session


def test_cookies_are_bound_to_tls_where_there_is_tls(served: Served, tmp_path: Path) -> None:
    served.give_password(Role.HOUSEHOLD)
    settings = Settings(home=tmp_path / "home", secure_cookies=True)
    client = create_app(settings, book=served.book).test_client()
    https = "https://localhost"
    form = client.get("/sign-in", base_url=https)
    token = client.get_cookie("_csrf_token")
    assert token is not None

    answer = client.post(
        "/sign-in",
        base_url=https,
        data={"email": EMAILS[Role.HOUSEHOLD], "password": PASSWORD, "csrf_token": token.value},
        headers={"Referer": f"{https}/sign-in"},
    )

    cookies = form.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    assert any(text.startswith("__Host-meterbook_session=") for text in cookies)
    assert all("Secure" in text for text in cookies)
    assert form.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_form_without_its_token_is_refused(served: Served) -> None:
    served.give_password(Role.HOUSEHOLD)
    for path in ("/sign-in", "/sign-out", "/set-up/x", "/_dash-update-component"):
        client = served.browser(Role.ADMIN).client
        answer = client.post(path, json={"output": "a.b"}) if "dash" in path else client.post(path)
        assert answer.status_code in (400, 403), path


def test_a_callback_without_its_token_is_refused(shared: Served) -> None:
    app, _access = shared.server.extensions["meterbook"]
    (key,) = [name for name in app.callback_map if "_pages_content.children" in name]
    body = callback_body(key, app.callback_map[key], value="/")
    browser = shared.browser(Role.ADMIN)

    assert browser.client.post("/_dash-update-component", json=body).status_code == 400
    assert browser.post("/_dash-update-component", json=body).status_code == 200


def test_an_expired_session_is_401_for_scripts_and_a_redirect_for_people(shared: Served) -> None:
    browser = shared.anonymous()

    assert browser.get("/_dash-layout", page=True).status_code == 401
    assert browser.get("/usage").status_code == 401
    assert browser.get("/usage").mimetype == "application/problem+json"
    assert browser.get("/usage", page=True).status_code == 302


def test_a_first_password_comes_by_a_link(served: Served) -> None:
    token = served.book.sign_in.issue_link(EMAILS[Role.HOUSEHOLD], actor="cli")
    browser = served.anonymous()
    page = browser.get(f"/set-up/{token}", page=True).get_data(as_text=True)
    assert EMAILS[Role.HOUSEHOLD] in page

    two = browser.post(f"/set-up/{token}", data={"password": PASSWORD, "repeated": "other"})
    assert "The two passwords are not the same." in two.get_data(as_text=True)
    short = browser.post(f"/set-up/{token}", data={"password": "short", "repeated": "short"})
    assert short.status_code == 400
    done = browser.post(f"/set-up/{token}", data={"password": PASSWORD, "repeated": PASSWORD})

    assert done.status_code == 303
    assert browser.get("/usage", page=True).status_code == 200
    used = served.anonymous().get(f"/set-up/{token}", page=True)
    assert used.status_code == 404
    assert "Ask for a new one" in used.get_data(as_text=True).replace("ask", "Ask")


def test_the_first_admin_sets_the_home_up(tmp_path: Path) -> None:
    with Book.open(tmp_path / "fresh", scheduled=False) as book:
        browser = Browser(create_app(Settings(home=tmp_path / "fresh"), book=book).test_client())
        token = book.sign_in.first_admin_link()
        form = {"email": "Boss@x.org", "name": "B", "password": PASSWORD, "repeated": PASSWORD}

        assert browser.post(f"/set-up/{token}", data=form).status_code == 303

        assert browser.get("/operations", page=True).status_code == 200
        assert book.sign_in.first_admin_link() is None


@pytest.mark.parametrize(
    "path",
    ["/", "/sign-in", "/healthz", "/api/x", "/assets/css/frame.css", "/nothing", "/set-up/x"],
)
def test_strict_headers_are_on_every_answer(shared: Served, path: str) -> None:
    for browser in (shared.anonymous(), shared.browser(Role.ADMIN)):
        answer = browser.get(path, page=True)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe-eval" not in policy
        assert re.search(r"script-src 'self'( 'sha256-[^']+')+;", policy)
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer.headers


def test_files_are_kept_long_and_carry_no_cookie(shared: Served) -> None:
    browser = shared.browser(Role.ADMIN)
    page = browser.get("/operations", page=True).get_data(as_text=True)
    addresses = re.findall(r'(?:src|href)="(/(?:assets|_dash-component-suites)/[^"]+)"', page)
    assert len(addresses) > 10

    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert "max-age=31536000" in answer.headers["Cache-Control"], address
        assert "immutable" in answer.headers["Cache-Control"]


def test_pages_stay_out_of_caches(shared: Served) -> None:
    answer = shared.browser(Role.ADMIN).get("/_dash-layout")

    assert answer.headers["Cache-Control"] == "no-store"


def test_a_form_token_that_works_is_not_replaced(shared: Served) -> None:
    browser = shared.anonymous()
    browser.token()

    assert browser.get("/sign-in", page=True).headers.getlist("Set-Cookie") == []


def test_pages_scripts_and_data_are_compressed(shared: Served) -> None:
    client = shared.browser(Role.ADMIN).client
    for path in ("/operations", "/_dash-layout", "/assets/css/frame.css"):
        headers = {"Accept-Encoding": "gzip, br", "Accept": "text/html"}
        answer = client.get(path, headers=headers, buffered=True)
        assert answer.headers["Content-Encoding"] in ("br", "gzip"), path


@pytest.mark.parametrize(("host", "status"), [("localhost:8050", 200), ("evil.example", 400)])
def test_only_known_host_names_are_answered(shared: Served, host: str, status: int) -> None:
    client = shared.anonymous().client

    assert client.get("/sign-in", headers={"Host": host}).status_code == status


def test_a_poll_does_not_keep_a_session_alive(served: Served) -> None:
    app, access = served.server.extensions["meterbook"]
    polled = [
        (key, entry)
        for key, entry in app.callback_map.items()
        if "callback" in entry and any(one["property"] == "n_intervals" for one in entry["inputs"])
    ]
    assert polled
    browser = served.browser(Role.ADMIN)
    with served.book.database.write() as connection:
        connection.exec_driver_sql("UPDATE sessions SET last_seen_at = last_seen_at - 600")

    def last_seen() -> int:
        with served.book.database.read() as connection:
            return int(
                connection.exec_driver_sql("SELECT max(last_seen_at) FROM sessions").scalar_one()
            )

    before = last_seen()
    for key, entry in polled:
        if Role.ADMIN in access.callbacks[key]:
            timer = next(one for one in entry["inputs"] if one["property"] == "n_intervals")
            changed = [f"{timer['id']}.n_intervals"]
            body = {**callback_body(key, entry), "changedPropIds": changed}
            answer = browser.post("/_dash-update-component", json=body)
            assert answer.status_code in (200, 204)
    assert last_seen() == before
    browser.get("/operations", page=True)
    assert last_seen() > before


def test_readiness_is_told_without_signing_in(shared: Served) -> None:
    answer = shared.anonymous().get("/healthz")

    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok", "receiving": True})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_unknown_api_addresses_are_json_404(shared: Served, method: str) -> None:
    answer = shared.anonymous().client.open("/api/no/such", method=method)

    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.get_json()["detail"] == "there is no /api/no/such."


def test_a_page_that_does_not_exist_is_404(shared: Served) -> None:
    answer = shared.browser(Role.HOUSEHOLD).get("/nothing", page=True)

    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.get_data(as_text=True)


def test_a_demo_password_is_not_served_to_others(served: Served) -> None:
    from data_layer.accounts.passwords import hash_password

    refuse_if_exposed(served.book, host="0.0.0.0")  # noqa: S104 - the case under test
    served.book.staff.set_password_hash(
        EMAILS[Role.ADMIN], hash_password("password123"), actor="cli"
    )
    refuse_if_exposed(served.book, host="127.0.0.1")
    for host in ("0.0.0.0", "192.0.2.7", "::", "meter.example"):  # noqa: S104 - the case under test
        with pytest.raises(Forbidden, match="demo password"):
            refuse_if_exposed(served.book, host=host)


def test_a_denial_is_written_down(served: Served) -> None:
    served.browser(Role.HOUSEHOLD).get("/operations", page=True)

    entry = served.book.audit.recent(1)[0]
    assert (entry.actor, entry.action, entry.subject) == (
        EMAILS[Role.HOUSEHOLD],
        "denied",
        "/operations",
    )


def test_tokens_cannot_be_tried_without_end(served: Served) -> None:
    browser = served.anonymous()

    answers = [browser.get(f"/set-up/{n}", page=True) for n in range(61)]

    assert [answer.status_code for answer in answers] == [404] * 60 + [429]
    assert answers[-1].headers["Retry-After"] == "60"
