"""Coming in and going out: the password checked, the session opened, everything written down."""

from __future__ import annotations

from dataclasses import dataclass, replace

from data_layer.accounts.attempts import Attempts
from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.links import Link, OneTimeLinks, Purpose
from data_layer.accounts.model import Role, StaffMember, Status
from data_layer.accounts.passwords import (
    LONGEST,
    check_password,
    hash_password,
    matches,
    needs_rehash,
)
from data_layer.accounts.people import Person, find_person
from data_layer.accounts.registry import AccountRegistry
from data_layer.accounts.rules import LONGEST_EMAIL, check_email, fold_email
from data_layer.accounts.sessions import Session, SessionStore
from data_layer.accounts.staff_registry import StaffRegistry
from data_layer.errors import BadInput, NotFound, NotSignedIn


class WrongPassword(NotSignedIn):
    """Unknown e-mail, wrong password or no password yet: deliberately one answer."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A person and the live session they came with."""

    person: Person
    session: Session


@dataclass(frozen=True, slots=True)
class SignIn:
    """Everything between a password and a session."""

    accounts: AccountRegistry
    staff: StaffRegistry
    sessions: SessionStore
    links: OneTimeLinks
    attempts: Attempts
    audit: AuditTrail

    def enter(self, *, email: str, password: str, address: str) -> str:
        """Check a password and open a session; returns its id.

        Raises WrongPassword, or TooManyAttempts before anything is checked.
        """
        folded = fold_email(email)[:LONGEST_EMAIL]
        self.attempts.begin(email=folded, address=address)
        person = find_person(self.accounts, self.staff, folded)
        kept_hash = person.password_hash if person else ""
        if not matches(kept_hash, password[: LONGEST + 1]) or person is None:
            self.audit.record(folded, "sign-in refused", address=address)
            raise WrongPassword("the e-mail or the password is wrong.")
        if not person.is_active:
            self.audit.record(folded, "sign-in refused", address=address, inactive=True)
            raise NotSignedIn("this account is no longer active: please ask your utility.")
        self.attempts.succeeded(email=folded, address=address)
        if needs_rehash(kept_hash):
            person = self._keep_password(person, password, actor=person.email)
        return self._begin(person, address=address)

    def whoever(self, session_id: str) -> Visit | None:
        """Who came with this id; None once anything the session was opened under has changed."""
        session = self.sessions.find(session_id)
        if session is None:
            return None
        person = find_person(self.accounts, self.staff, session.email)
        if person is None or not person.is_active or person.stamp != session.stamp:
            self.sessions.end(session_id)
            return None
        return Visit(person, session)

    def leave(self, session_id: str, *, person: Person) -> None:
        self.sessions.end(session_id)
        self.audit.record(person.email, "signed out")

    def issue_link(self, email: str, *, actor: str) -> str:
        """A token with which this person sets a first or a new password. Raises NotFound."""
        person = find_person(self.accounts, self.staff, email)
        if person is None:
            raise NotFound(f"nobody is registered as {email!r}.", field="email")
        token = self.links.issue(Purpose.SET_PASSWORD, email=person.email)
        self.audit.record(actor, "password link issued", person.email)
        return token

    def first_admin_link(self) -> str | None:
        """A token for the first admin of a home; None where an active admin has a password."""
        if self.staff.has_active_admin():
            return None
        return self.links.issue(Purpose.FIRST_ADMIN)

    def set_password(
        self, token: str, *, password: str, address: str, email: str = "", name: str = ""
    ) -> str:
        """Use a link: keep the password, end older sessions, open a new one; returns its id.

        `email` and `name` are asked of the first admin only. Everything is checked before the
        link is used up, so a mistake does not cost it.
        """
        link = self.links.look(token)
        email = check_email(email) if link.purpose is Purpose.FIRST_ADMIN else link.email
        check_password(password, email=email)
        if link.purpose is Purpose.FIRST_ADMIN:
            self._check_first_admin(email, name)
        self.links.use(token)
        person = self._first_admin(email, name) if not link.email else self._owner(link)
        person = self._keep_password(person, password, actor=person.email)
        self.attempts.succeeded(email=person.email, address=address)
        return self._begin(person, address=address)

    def _check_first_admin(self, email: str, name: str) -> None:
        if self.staff.has_active_admin():
            raise NotFound("this home has an admin already: ask them for a link.")
        if not name.strip():
            raise BadInput("name is missing.", field="name")
        if self.accounts.by_email(email):
            raise BadInput(f"email {email} belongs to a household.", field="email")

    def _first_admin(self, email: str, name: str) -> Person:
        known = self.staff.get(email)
        if known is None:
            self.staff.register(StaffMember(email=email, name=name, role=Role.ADMIN), actor=email)
        else:
            self.staff.modify(
                replace(known, role=Role.ADMIN, status=Status.ACTIVE, name=name), actor=email
            )
        return self._known(email)

    def _owner(self, link: Link) -> Person:
        person = find_person(self.accounts, self.staff, link.email)
        if person is None:
            raise NotFound("this link has been used or has expired: ask for a new one.")
        return person

    def _keep_password(self, person: Person, password: str, *, actor: str) -> Person:
        kept = hash_password(password)
        registry = self.accounts if person.role is Role.HOUSEHOLD else self.staff
        registry.set_password_hash(person.email, kept, actor=actor)
        self.sessions.end_all(person.email)
        return self._known(person.email)

    def _known(self, email: str) -> Person:
        person = find_person(self.accounts, self.staff, email)
        if person is None:
            raise NotFound(f"nobody is registered as {email!r}.", field="email")
        return person

    def _begin(self, person: Person, *, address: str) -> str:
        session_id = self.sessions.begin(email=person.email, role=person.role, stamp=person.stamp)
        self.audit.record(person.email, "signed in", address=address)
        return session_id
