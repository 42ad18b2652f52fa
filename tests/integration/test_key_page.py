"""The page of API keys: a key is made and shown once, refused beside its field, and revoked."""

from __future__ import annotations

from callbacks import key_acts
from callbacks.key_acts import Asked
from components.dash_json import encoded
from data_layer.accounts.model import Role, Viewer
from tests.integration.conftest import EMAILS, NO_METER, OTHER_METER, OWN_METER, Served

ADMIN = Viewer(Role.ADMIN, EMAILS[Role.ADMIN])


def listed(served: Served) -> str:
    return encoded(key_acts.listed(served.book, ADMIN)).decode()


def test_a_key_is_shown_once_opens_the_door_and_is_revoked(served: Served) -> None:
    assert "No API key yet" in listed(served)
    asked = Asked(" Meters of Mr Tan ", "household", f"{OWN_METER}, {OTHER_METER},")
    said = key_acts.made(served.book, ADMIN, asked, changed=4)
    assert (said["is_open"], said["made"], said["changed"]) == (False, True, 5)
    text = said["text"][1].children[0].children
    assert text not in listed(served)
    assert f"{OWN_METER}, {OTHER_METER}" in listed(served)
    client, header = served.server.test_client(), {"Authorization": f"Bearer {text}"}
    address = f"/api/get_consumption?meter_id={OWN_METER}&period=today"
    assert client.get(address, headers=header).status_code == 200

    assert "Meters of Mr Tan" in key_acts.question(served.book, ADMIN, "k1")
    key_acts.revoked(served.book, ADMIN, "k1", changed=0)
    assert client.get(address, headers=header).status_code == 401
    assert "revoked 20" in listed(served)
    assert "keys-revoke" not in listed(served)
    again = key_acts.revoked(served.book, ADMIN, "k1", changed=0)
    assert "revoked already" in encoded(again["message"]).decode()
    written = [entry.action for entry in served.book.audit.recent(2, actor=ADMIN.name)]
    assert written == ["API key revoked", "API key created"]


def test_what_is_wrong_stands_beside_its_field(served: Served) -> None:
    for asked, field, sentence in (
        (Asked(" ", "admin", ""), "name_error", "Purpose is missing."),
        (Asked("x", "king", ""), "role_error", "must be one of household, government, admin"),
        (Asked("x", "household", " ,"), "meters_error", "Meters is missing"),
        (Asked("x", "household", "?"), "meters_error", "must be 1 to 32 letters"),
        (Asked("x", "household", NO_METER), "meters_error", "is not registered"),
    ):
        said = key_acts.made(served.book, ADMIN, asked, changed=0)
        assert sentence in said[field]
        assert [said[name] for name in key_acts.ERRORS.values() if name != field] == ["", ""]
        assert (said["is_open"], said["made"], said["text"]) == (True, False, "")
    assert served.book.api_keys.all() == ()


def test_meters_of_another_role_are_not_heeded(served: Served) -> None:
    said = key_acts.made(served.book, ADMIN, Asked("Head-end", "admin", "???"), changed=0)
    assert said["made"] is True
