"""The frame says where one is, who one is, and lets one out safely."""

from __future__ import annotations

import json

from plotly.utils import PlotlyJSONEncoder

from components import shell
from components.ids import Shell


def frame(**changes):
    usual = {
        "name": "Tan Wei Ling",
        "role": "household",
        "items": [shell.NavigationItem("/usage", "Usage", "graph-up")],
        "zone": "Asia/Singapore",
        "csrf_token": "token",
    }
    return shell.frame(**{**usual, **changes})


def parts(component, kind):
    return [part for part in component._traverse() if type(part).__name__ == kind]


def text(component):
    return json.dumps(component, cls=PlotlyJSONEncoder)


def test_signing_out_is_a_post_with_the_token():
    forms = parts(frame(), "Form")
    sign_out = next(form for form in forms if getattr(form, "action", "") == "/sign-out")
    token = parts(sign_out, "Input")[0]

    assert sign_out.method == "post"
    assert (token.name, token.value) == ("csrf_token", "token")


def test_navigation_holds_just_the_given_pages():
    navigation = next(part for part in parts(frame(), "Nav") if part.id == Shell.NAVIGATION)

    assert [link.href for link in parts(navigation, "Link")] == ["/usage"]


def test_only_many_pages_stand_behind_a_button():
    def buttons(count):
        items = [shell.NavigationItem(f"/{n}", f"Page {n}", "graph-up") for n in range(count)]
        navigation = next(part for part in parts(frame(items=items), "Nav"))
        return parts(navigation, "Button")

    assert buttons(3) == []
    [button] = buttons(9)
    assert getattr(button, "aria-expanded") == "false"
    assert getattr(button, "aria-controls") == Shell.PAGES


def test_banners_are_shown_only_when_they_are_true():
    assert "made up" not in text(frame())
    assert "made up" in text(frame(demo=True))
    assert "refused" not in text(frame())
    assert "refused" in text(frame(notice="Readings are refused."))


def test_footer_names_the_zone_of_all_times():
    assert "Asia/Singapore" in text(frame())


def test_keyboard_users_can_skip_the_navigation():
    first = frame().children[0]

    assert (first.className, first.href) == ("skip-link", f"#{Shell.MAIN}")
