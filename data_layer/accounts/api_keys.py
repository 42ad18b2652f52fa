"""Keys for machines: made once, shown once, scoped by role, revocable, known again without a disk.

A key is 256 random bits. Of it only the SHA-256 is kept: a slow hash such as a password's guards
what people choose and others may guess; nobody guesses 256 bits, and a fast one can be asked at
every request. A key is never deleted and is revoked once, so that two counts of the table tell
whether it has changed; they are asked once a second, also to hear of `flask key revoke`.

A household's key is bound to meters and to whom they belonged when it was made: after another
e-mail or day of moving in is written into the account, it no longer opens that meter.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import OperationalError

from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.model import Account, Role, Status, Viewer
from data_layer.accounts.registry import AccountRegistry
from data_layer.accounts.rules import LONGEST_TEXT
from data_layer.accounts.tables import api_key_meters, api_keys
from data_layer.clock import Clock, HomeZone, epoch_of
from data_layer.errors import BadInput, Conflict, NotFound
from data_layer.storage.database import Database

PREFIX = "meterbook_"
"""Lets a scanner of published code recognize a key that got there by mistake."""
LOOK_EVERY, LOOK_EVERY_FOR_UNKNOWN = 1.0, 0.05
"""Seconds that a look at the table holds: for keys that are known, and for one that is not."""
SEEN_EVERY = 60
"""Last-used is written at most this often."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bound:
    """A meter of a household's key, and the occupant for whom the key was made."""

    meter_id: str
    email: str
    moved_in: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """All that is kept of a key but its hash. Times are epoch seconds."""

    number: int
    name: str
    role: Role
    created_at: int
    created_by: str
    last_used_at: int | None = None
    revoked_at: int | None = None
    meters: tuple[Bound, ...] = ()

    @property
    def id(self) -> str:
        return f"k{self.number}"

    @property
    def actor(self) -> str:
        """How the key stands in the audit and as the source of readings."""
        return f"api:{self.id}"

    def facts(self, zone: HomeZone) -> dict[str, object]:
        """Everything that may be shown, in words JSON knows."""

        def shown(at: int | None) -> str | None:
            return None if at is None else zone.format(at)

        return {
            "id": self.id,
            "number": self.number,
            "role": self.role.value,
            "name": self.name,
            "meters": [bound.meter_id for bound in self.meters],
            "created_at": shown(self.created_at),
            "created_by": self.created_by,
            "last_used_at": shown(self.last_used_at),
            "revoked_at": shown(self.revoked_at),
        }


class ApiKeys:
    """The table of keys, and in memory those that open something."""

    def __init__(
        self, database: Database, clock: Clock, audit: AuditTrail, accounts: AccountRegistry
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._accounts = accounts
        self._lock = Lock()
        self._version: tuple[int, int] | None = None
        self._looked_at = float("-inf")
        self._live: Mapping[str, ApiKey] = {}
        self._seen: dict[int, int] = {}

    def issue(
        self, role: Role, *, name: str, meter_ids: Sequence[str], actor: str
    ) -> tuple[ApiKey, str]:
        """Make a key; the text is told nobody again. Raises BadInput, NotFound, Conflict."""
        meters = self._bound(role, meter_ids)
        name = name.strip()
        if len(name) > LONGEST_TEXT or not name.isprintable():
            raise BadInput(
                f"name must be one line of up to {LONGEST_TEXT} printable characters.", field="name"
            )
        now = epoch_of(self._clock())
        text = PREFIX + secrets.token_urlsafe(32)
        with self._database.write() as connection:
            values = {"name": name, "role": role.value, "created_at": now, "created_by": actor}
            made = connection.execute(insert(api_keys).values(key_hash=_hash(text), **values))
            (number,) = made.inserted_primary_key or (0,)
            for bound in meters:
                row = {"meter_id": bound.meter_id, "email": bound.email, "moved_in": bound.moved_in}
                connection.execute(insert(api_key_meters).values(number=number, **row))
            key = ApiKey(number, name, role, now, actor, meters=meters)
            ids = " ".join(f"{bound.meter_id!r}" for bound in meters)
            facts = {"role": role.value, "name": name, "meters": ids}
            self._audit.record_in(connection, actor, "API key created", key.id, **facts)
        self._forget()
        return key, text

    def all(self) -> tuple[ApiKey, ...]:
        """Every key ever made, in the order they were made."""
        with self._database.read() as connection:
            return tuple(key for _, key in _rows(connection))

    def revoke(self, key_id: str, *, actor: str) -> ApiKey:
        """End a key; it opens nothing from now on. Raises NotFound, Conflict."""
        key = next((key for key in self.all() if key.id == key_id), None)
        if key is None:
            raise NotFound(f"there is no API key {key_id[:40]!r}.", field="key")
        with self._database.write() as connection:
            ended = connection.execute(
                update(api_keys)
                .where(api_keys.c.number == key.number, api_keys.c.revoked_at.is_(None))
                .values(revoked_at=epoch_of(self._clock()))
            )
            if ended.rowcount != 1:
                raise Conflict(f"API key {key.id} is revoked already.", field="key")
            self._audit.record_in(connection, actor, "API key revoked", key.id)
        self._forget()
        return next(one for one in self.all() if one.number == key.number)

    def find(self, text: str) -> ApiKey | None:
        """The key with this text while it is not revoked. Reads no disk as a rule."""
        wanted = _hash(text)
        found = self._held(LOOK_EVERY).get(wanted)
        return found or self._held(LOOK_EVERY_FOR_UNKNOWN).get(wanted)

    def viewer(self, key: ApiKey) -> Viewer:
        """Who stands at the door with this key."""
        if key.role is not Role.HOUSEHOLD:
            return Viewer(key.role, key.actor)
        return Viewer(
            key.role,
            key.actor,
            frozenset(bound.meter_id for bound in key.meters if self._still_theirs(bound)),
        )

    def used(self, key: ApiKey) -> None:
        """The key was used just now. Written at most once a minute, and left unwritten rather
        than refusing what was asked when the disk is full."""
        now = epoch_of(self._clock())
        if now - self._seen.get(key.number, key.last_used_at or 0) < SEEN_EVERY:
            return
        self._seen[key.number] = now
        try:
            with self._database.write() as connection:
                connection.execute(
                    update(api_keys).where(api_keys.c.number == key.number).values(last_used_at=now)
                )
        except OperationalError as error:
            log.warning("the use of API key %s is not written down: %s", key.id, error)

    def _held(self, seconds: float) -> Mapping[str, ApiKey]:
        """The keys that open something, by hash, no older than so many seconds."""
        if time.monotonic() - self._looked_at > seconds:
            with self._lock:
                if time.monotonic() - self._looked_at > seconds:
                    began = time.monotonic()
                    self._look()
                    self._looked_at = began
        return self._live

    def _look(self) -> None:
        with self._database.read() as connection:
            counts = select(func.count(), func.count(api_keys.c.revoked_at))
            made, revoked = connection.execute(counts.select_from(api_keys)).one()
            if (made, revoked) != self._version:
                self._live = {
                    key_hash: key for key_hash, key in _rows(connection) if key.revoked_at is None
                }
                self._version = (made, revoked)

    def _forget(self) -> None:
        """Have the next request look at the table; a look that is under way came too early."""
        with self._lock:
            self._looked_at = float("-inf")

    def _bound(self, role: Role, meter_ids: Sequence[str]) -> tuple[Bound, ...]:
        if role is not Role.HOUSEHOLD:
            if meter_ids:
                raise BadInput(f"a key of role {role.value} is not bound to meters.", field="meter")
            return ()
        if not meter_ids:
            raise BadInput("meter is missing: a household's key is bound to meters.", field="meter")
        return tuple(_occupied(self._active(name)) for name in dict.fromkeys(meter_ids))

    def _active(self, meter_id: str) -> Account:
        account = self._accounts.get(meter_id)
        if account is None:
            raise NotFound(f"meter {meter_id[:40]!r} is not registered.", field="meter")
        if account.status is not Status.ACTIVE:
            raise Conflict(
                f"meter {meter_id} is inactive: a key would open nothing.", field="meter"
            )
        return account

    def _still_theirs(self, bound: Bound) -> bool:
        account = self._accounts.get(bound.meter_id)
        return account is not None and _occupied(account) == bound


def _occupied(account: Account) -> Bound:
    return Bound(account.meter_id, account.email, account.moved_in)


def _rows(connection: Connection) -> list[tuple[str, ApiKey]]:
    """Every key with its hash."""
    meters: dict[int, tuple[Bound, ...]] = {}
    for row in connection.execute(select(api_key_meters)):
        bound = Bound(row.meter_id, row.email, row.moved_in)
        meters[row.number] = (*meters.get(row.number, ()), bound)
    found = connection.execute(select(api_keys).order_by(api_keys.c.number))
    return [(row.key_hash, _key(row, meters.get(row.number, ()))) for row in found]


def _key(row: Row[tuple[object, ...]], meters: tuple[Bound, ...]) -> ApiKey:
    return ApiKey(
        number=row.number,
        name=row.name,
        role=Role(row.role),
        created_at=row.created_at,
        created_by=row.created_by,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        meters=meters,
    )


def _hash(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()
