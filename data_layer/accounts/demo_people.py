"""The people of the demo: known to everybody, and good for the demo home alone."""

from __future__ import annotations

from dataclasses import dataclass

from data_layer.accounts.model import Role
from data_layer.accounts.passwords import DEMO_PASSWORDS


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One of the accounts a visitor signs in with by one click."""

    email: str
    name: str
    role: Role
    password: str = DEMO_PASSWORDS[0]


DEMO_PEOPLE = (
    DemoPerson("household@example.com", "Tan Wei Ling", Role.HOUSEHOLD),
    DemoPerson("government@example.com", "Priya Nair", Role.GOVERNMENT),
    DemoPerson("admin@example.com", "Alex Lim", Role.ADMIN),
)
