"""Create the demo home: synthetic households, their sign-ins, and more than a year of readings.

    accounts and people ──> readings up to last midnight, month by month ──> sealed and indexed
                       ──> bills of the months that ended: all of the sign-in page's household,
                           of the others the last one
                       ──> today's readings, left in the log as on any running day

Everything goes the way real data goes. The home is built beside its place and moved there when it
is whole, so that an interrupted creation leaves nothing that looks like a demo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from data_layer.accounts.demo_people import DEMO_PEOPLE
from data_layer.accounts.model import OPERATOR, Account, Role, StaffMember
from data_layer.accounts.passwords import hash_password
from data_layer.accounts.room import AccountsRoom
from data_layer.billing.model import month_days
from data_layer.billing.room import BillingRoom
from data_layer.billing.shelf import BillShelf
from data_layer.clock import epoch_of
from data_layer.errors import BadInput, Conflict, Corrupt
from data_layer.journeys.bill_demo import bill_demo
from data_layer.journeys.demo_homes import FEWEST_METERS, demo_accounts, simulated_meters
from data_layer.journeys.demo_recipe import SEED, Recipe
from data_layer.journeys.demo_tariffs import DEMO_TARIFFS
from data_layer.journeys.end_month import ended_months
from data_layer.journeys.keep_tariffs import TariffDesk
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import Action, ReadingBatch, Scope
from data_layer.readings.operations import submit
from data_layer.readings.room import ReadingRoom
from data_layer.readings.rules import SIMULATOR
from data_layer.readings.simulator import Simulator
from data_layer.readings.store import Progress
from data_layer.storage.database import Database
from data_layer.storage.durable_files import fsync_folder
from data_layer.storage.home import Home
from data_layer.tariffs.catalog import TariffCatalog
from data_layer.tariffs.price_book import PriceBook

TIMEZONE = "Asia/Singapore"
METERS, DAYS = 200, 396
"""Thirteen months: every comparison with last year's month has its data."""


@dataclass(frozen=True, slots=True)
class DemoHome:
    """What was created."""

    folder: Path
    meters: int
    readings: int


def create_demo(
    folder: Path,
    *,
    now: datetime,
    progress: Progress,
    meters: int = METERS,
    days: int = DAYS,
    seed: int = SEED,
) -> DemoHome:
    """Create a demo home in a folder that is empty or not there. Same seed, same home.

    Raises Conflict when something is there already, BadInput for too few meters or days.
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not empty: choose another folder or remove it first.")
    if meters < FEWEST_METERS or days < 1:
        raise BadInput(f"a demo has at least {FEWEST_METERS} meters and 1 day.", field="meters")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(
        dir=folder.parent, prefix=f"{folder.name}.", suffix=".unfinished"
    ) as workshop:
        unfinished = Path(workshop) / "home"
        accounts, readings = _build(unfinished, now, meters, days, seed, progress)
        if folder.exists():
            folder.rmdir()
        unfinished.rename(folder)
    fsync_folder(folder.parent)
    return DemoHome(folder, accounts, readings)


def _build(
    folder: Path, now: datetime, meters: int, days: int, seed: int, progress: Progress
) -> tuple[int, int]:
    """Build the home; give the number of its accounts and readings."""
    with Home.open(folder, timezone=TIMEZONE, demo=True) as home:
        home.lock()
        Recipe(seed, meters).keep(home.folder)
        database = Database.open(home.database)
        try:
            room = _accounts_room(home, database, now)
            accounts = _register_people(room, meters, seed, home.zone.local(epoch_of(now)))
            progress("accounts", len(accounts), len(accounts))
            _enter_tariffs(room, database, now)
            readings = _fill(
                home, room, database, accounts, now=now, days=days, seed=seed, progress=progress
            )
        finally:
            database.close()
    return len(accounts), readings


def _accounts_room(home: Home, database: Database, now: datetime) -> AccountsRoom:
    return AccountsRoom.open(
        users=home.users,
        admins=home.admins,
        versions=home.versions,
        database=database,
        zone=home.zone,
        clock=lambda: now,
    )


def _register_people(
    room: AccountsRoom, meters: int, seed: int, local_now: datetime
) -> tuple[Account, ...]:
    """Households and staff, those of the sign-in page with the password everybody knows."""
    invented = demo_accounts(meters, seed=seed, now=local_now.date())
    accounts = room.accounts.register_many(invented, actor=OPERATOR.name)
    for person in DEMO_PEOPLE:
        kept = hash_password(person.password)
        if person.role is Role.HOUSEHOLD:
            room.accounts.set_password_hash(person.email, kept, actor=OPERATOR.name)
        else:
            member = StaffMember(person.email, person.name, person.role)
            room.staff.register(member, actor=OPERATOR.name)
            room.staff.set_password_hash(person.email, kept, actor=OPERATOR.name)
    return accounts


def _enter_tariffs(room: AccountsRoom, database: Database, now: datetime) -> None:
    catalog, prices = TariffCatalog(database, lambda: now), PriceBook(database)
    scope = Scope(OPERATOR.name, Action.MANAGE_TARIFFS, meter_ids=None)
    TariffDesk(catalog, prices, room.audit).enter(scope, DEMO_TARIFFS)


def _fill(
    home: Home,
    people: AccountsRoom,
    database: Database,
    accounts: Sequence[Account],
    *,
    now: datetime,
    days: int,
    seed: int,
    progress: Progress,
) -> int:
    """Submit the simulated readings; give their number."""
    zone, until = home.zone, epoch_of(now) + 1
    today = zone.day_of(until - 1)
    first_day = today - timedelta(days=days)
    meters = simulated_meters(tuple(accounts), last_day=today)
    simulator = Simulator(meters, zone, first_day=first_day, seed=seed)
    start, midnight = zone.day_start(first_day), zone.day_start(today)
    store = LocalStore.open(home, clock=lambda: now)
    try:
        store.place(people.accounts.paths())
        room = ReadingRoom(
            store=store,
            zone=zone,
            clock=lambda: now,
            standing=people.accounts.standing,
            households=people.accounts.households,
        )
        count = 0
        for begin, end in pairwise(zone.boundaries(start, midnight, "month").tolist()):
            count += _submitted(room, simulator.readings(begin, end))
            progress("readings", end - start, until - start)
        store.seal(progress)
        _drop_archived_logs(home)
        _bill(_billing_room(room, people, database), accounts, first_day, today, progress)
        return count + _submitted(room, simulator.readings(midnight, until))
    finally:
        store.close()


def _billing_room(room: ReadingRoom, people: AccountsRoom, database: Database) -> BillingRoom:
    return BillingRoom(
        readings=room,
        account=people.accounts.get,
        catalog=TariffCatalog(database, room.clock),
        price_book=PriceBook(database),
        shelf=BillShelf(database),
        sanctioned_kw=people.supplies.sanctioned_kw,
    )


def _bill(
    room: BillingRoom,
    accounts: Sequence[Account],
    first_day: date,
    today: date,
    progress: Progress,
) -> None:
    """Whole months that ended: all of the household a visitor signs in as, else the last."""
    opening = first_day if first_day.day == 1 else month_days(f"{first_day:%Y-%m}")[1]
    months = ended_months(opening, today)
    own = [account.meter_id for account in accounts if account.email]
    others = [account.meter_id for account in accounts if not account.email]
    bill_demo(room, own, months, progress)
    bill_demo(room, others, months[-1:], progress)


def _submitted(room: ReadingRoom, batch: ReadingBatch) -> int:
    """Store a batch whole: invented readings break no rule, or the inventor is broken."""
    scope = Scope(OPERATOR.name, Action.SUBMIT_READINGS, meter_ids=None)
    receipt = submit(room, scope, batch, rules=SIMULATOR)
    for refused in receipt.rejections:
        raise Corrupt(f"a simulated reading was refused: {refused.sentence}")
    return receipt.accepted


def _drop_archived_logs(home: Home) -> None:
    """Invented readings need no second copy: it would more than double the demo's size."""
    for path in (home.logs / "sealed").iterdir():
        path.unlink()
