"""Which roles may use which route: said once beside each route, and denied where nothing is said.

    policy.allow("exports.readings", {Role.ADMIN})       a Flask endpoint
    policy.allow_everyone("sign_in.show")                no sign-in needed

Dash's pages and callbacks get their roles from their modules' ROLES; `Access` holds those of one
application. What a viewer may see *through* a route is decided below, by `accounts.authorize`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from data_layer.accounts.model import Role

KILOBYTE, MEGABYTE = 1024, 1024 * 1024
SIGN_IN_PATH = "/sign-in"
EVERY_ROLE = frozenset(Role)
NO_ROLE: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may use one route, and how."""

    roles: frozenset[Role]
    everyone: bool = False
    """Open to people who are not signed in."""
    largest_body: int = 64 * KILOBYTE
    renews: bool = True
    """Whether using it counts as being there: polls and downloads do not keep a session alive."""
    checks_forms: bool = True
    """Changing requests must carry a form token; not so where no cookie identifies anybody."""
    is_file: bool = False
    """A file of the product, the same for everybody: long kept by browsers, sets no cookie."""
    takes_keys: bool = False
    """API keys open it too: so for the REST door, and for what watches the server."""
    from_loopback: bool = False
    """This machine's own processes need no key: for what watches the server."""


_ROUTES: dict[str, Policy] = {}


def allow(
    endpoint: str,
    roles: Iterable[str],
    *,
    largest_body: int = 64 * KILOBYTE,
    renews: bool = True,
    is_file: bool = False,
    takes_keys: bool = False,
    from_loopback: bool = False,
) -> None:
    """Let these roles use a Flask endpoint. May be said again in the same words."""
    _declare(
        endpoint,
        Policy(
            roles=frozenset(Role(role) for role in roles),
            largest_body=largest_body,
            renews=renews,
            is_file=is_file,
            takes_keys=takes_keys,
            from_loopback=from_loopback,
        ),
    )


def allow_everyone(
    endpoint: str,
    *,
    largest_body: int = 64 * KILOBYTE,
    checks_forms: bool = True,
    is_file: bool = False,
) -> None:
    """Open a Flask endpoint to everybody, signed in or not."""
    _declare(
        endpoint,
        Policy(
            roles=EVERY_ROLE,
            everyone=True,
            largest_body=largest_body,
            renews=False,
            checks_forms=checks_forms,
            is_file=is_file,
        ),
    )


def policy_of(endpoint: str) -> Policy | None:
    """What was said about the endpoint, None when nothing was: nobody may use it."""
    return _ROUTES.get(endpoint)


def _declare(endpoint: str, policy: Policy) -> None:
    if _ROUTES.setdefault(endpoint, policy) != policy:
        raise ValueError(f"route {endpoint!r} has two different policies")


@dataclass(frozen=True, slots=True)
class Access:
    """Roles of one application's pages (by path) and Dash callbacks (by output key)."""

    pages: dict[str, frozenset[Role]] = field(default_factory=dict)
    callbacks: dict[str, frozenset[Role]] = field(default_factory=dict)

    def home_of(self, role: Role) -> str | None:
        """The role's main page: the first that was registered for it."""
        return next((path for path, roles in self.pages.items() if role in roles), None)

    def allow_page(self, path: str, roles: Iterable[str]) -> None:
        self.pages[path] = frozenset(Role(role) for role in roles)

    def allow_callbacks(self, keys: Iterable[str], roles: Iterable[str]) -> None:
        self.callbacks.update(dict.fromkeys(keys, frozenset(Role(role) for role in roles)))

    def without_policy(self, callback_map: Mapping[str, object]) -> list[str]:
        """Callbacks that nobody was allowed to use; there should be none."""
        return sorted(key for key in callback_map if key not in self.callbacks)
