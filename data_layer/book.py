"""Book: opens, holds and closes the rooms of a home; every door receives it and nothing else.

    open for writing   lock the home, recover, place the meters, end missed days,
                       then the worker and the midnight bell
    open to look       beside the process that owns the home: registries and jobs can be written,
                       readings only read; they are opened when first asked for

Closing goes the same way back.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from threading import RLock

from data_layer.accounts.api_keys import ApiKeys
from data_layer.accounts.audit import AuditTrail
from data_layer.accounts.links import OneTimeLinks
from data_layer.accounts.meters import MeterRegister
from data_layer.accounts.model import Viewer
from data_layer.accounts.registry import AccountRegistry
from data_layer.accounts.room import AccountsRoom
from data_layer.accounts.sessions import SessionStore
from data_layer.accounts.sign_in import SignIn
from data_layer.accounts.staff_registry import StaffRegistry
from data_layer.accounts.supplies import SupplyRegister
from data_layer.billing.room import BillingRoom
from data_layer.billing.shelf import BillShelf
from data_layer.book_state import BookState, private_memory
from data_layer.clock import Clock, HomeZone, epoch_of, system_clock
from data_layer.errors import Conflict
from data_layer.jobs.model import Job, JobKind, JobState, Result, Task
from data_layer.jobs.queue import Jobs
from data_layer.jobs.schedule import Schedule
from data_layer.jobs.worker import Worker
from data_layer.journeys.back_up import BACK_UP, BackUp
from data_layer.journeys.bill_month import BILL_MONTH, BillMonth
from data_layer.journeys.end_day import END_DAY, EndDay
from data_layer.journeys.end_month import END_MONTH, EndMonth, ended_months
from data_layer.journeys.import_file import IMPORT_READINGS, ImportFile
from data_layer.journeys.keep_tariffs import TariffDesk
from data_layer.journeys.missed_days import was_missed
from data_layer.journeys.prune_backups import PruneBackups
from data_layer.journeys.receiving_switch import SWITCH_RECEIVING, ReceivingSwitch
from data_layer.journeys.restore_readings import RESTORE_READINGS, RestoreReadings
from data_layer.journeys.upload_staging import UploadStaging
from data_layer.readings.local_store import LocalStore
from data_layer.readings.model import Action, GroupPath, Scope
from data_layer.readings.room import ReadingRoom
from data_layer.storage.closing import Closing
from data_layer.storage.database import Database
from data_layer.storage.day_files import DayFiles
from data_layer.storage.home import Home
from data_layer.storage.log_names import LOG_NAME
from data_layer.tariffs.catalog import TariffCatalog
from data_layer.tariffs.price_book import PriceBook

AT_START, AT_MIDNIGHT = "start", "midnight"
"""Who ended the day when nobody asked for it."""
log = logging.getLogger(__name__)


class Book(Closing):
    """One home, opened. `Book.open` it and close it; a context manager does both."""

    database: Database
    accounts: AccountRegistry
    staff: StaffRegistry
    meters: MeterRegister
    supplies: SupplyRegister
    audit: AuditTrail
    sessions: SessionStore
    links: OneTimeLinks
    sign_in: SignIn
    api_keys: ApiKeys
    tariffs: TariffDesk
    jobs: Jobs
    staging: UploadStaging
    receiving_switch: ReceivingSwitch
    _worker: Worker

    def __init__(self, home: Home, clock: Clock, *, writable: bool) -> None:
        self.home: Path = home.folder
        self.zone: HomeZone = home.zone
        self.demo: bool = home.demo
        self.clock = clock
        self.writable = writable
        self._home = home
        self._closing = ExitStack()
        self._lock = RLock()
        self._store: LocalStore | None = None
        self._placed: Mapping[str, GroupPath | None] = {}
        self._backups = home.folder / "backups"
        self._backups_kept = 0

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        timezone: str = "",
        database_url: str | None = None,
        backups: Path | None = None,
        backups_kept: int = 0,
        min_group: int = 5,
        clock: Clock = system_clock,
        writable: bool = True,
        scheduled: bool = True,
    ) -> Book:
        """Open a home, creating it where there is none.

        `scheduled` is for a process that stays: it ends missed days first and hears the midnight
        bell. Raises HomeInUse when another process writes to the home, and what its files and
        its database may raise.
        """
        book = cls(Home.open(home, timezone=timezone), clock, writable=writable)
        book._backups, book._backups_kept = backups or book._backups, backups_kept
        try:
            book._open(database_url, min_group=min_group, scheduled=scheduled)
        except BaseException:
            book.close()
            raise
        return book

    def close(self) -> None:
        """Put down the work, close the rooms, give the home back. May be repeated."""
        self._closing.close()

    # --- asking --------------------------------------------------------------------------

    @property
    def readings(self) -> ReadingRoom:
        """The readings room."""
        return ReadingRoom(
            store=self._opened_store(),
            zone=self.zone,
            clock=self.clock,
            standing=self.accounts.standing,
            registry=self.accounts.look,
            counting=self.meters.counting,
            households=self.accounts.households,
        )

    @property
    def billing(self) -> BillingRoom:
        """The billing room."""
        return BillingRoom(
            readings=self.readings,
            account=self.accounts.get,
            catalog=self.tariffs.catalog,
            price_book=self.tariffs.price_book,
            shelf=BillShelf(self.database),
            sanctioned_kw=self.supplies.sanctioned_kw,
        )

    def authorize(self, viewer: Viewer, action: Action, meter_id: str | None = None) -> Scope:
        """What this viewer may do. Raises Forbidden, NotFound."""
        return self._rooms.authorize(viewer, action, meter_id)

    @property
    def receiving(self) -> bool:
        """Whether readings are taken."""
        return self._opened_store().receiving

    def owner_process(self) -> int | None:
        """Process id of whoever writes readings to this home, None when nobody does."""
        return self._home.holder()

    def state(self) -> BookState:
        """How the home is doing."""
        store = self._opened_store().state()
        stopped = self.receiving_switch.stopped is not None
        on_purpose = stopped or bool(self.receiving_switch.paused)
        stuck = self.writable and not store.receiving and not on_purpose
        registries = (self.accounts.problem, self.staff.problem)
        return BookState(
            home=self.home,
            timezone=self.zone.name,
            demo=self.demo,
            owner_process=self.owner_process(),
            receiving=store.receiving,
            reason=store.reason,
            stopped=stopped,
            poisoned=stuck and not store.damage,
            log_bytes=store.log_bytes,
            # Whoever only looks has the log in its tail and does not hold the file.
            log_lines=store.log_lines if self.writable else store.tail_readings,
            sealed_logs=store.sealed_logs,
            tail_readings=store.tail_readings,
            index_generation=store.index_generation,
            index_written_at=store.index_written_at,
            index_bytes=store.index_bytes,
            index_series=store.index_series,
            day_files=store.day_files,
            day_file_readings=store.day_file_readings,
            accounts=len(self.accounts.all()),
            last_batch=self.jobs.last_done(END_DAY),
            memory_bytes=private_memory(),
            problems=(*store.damage, *(text for text in registries if text is not None)),
        )

    # --- opening -------------------------------------------------------------------------

    def _open(self, database_url: str | None, *, min_group: int, scheduled: bool) -> None:
        home = self._home
        if self.writable:
            home.lock()
            self._closing.callback(home.close)
        self.database = Database.open(database_url or home.database)
        self._closing.callback(self.database.close)
        self._open_accounts(min_group)
        self.tariffs = TariffDesk(
            TariffCatalog(self.database, self.clock), PriceBook(self.database), self.audit
        )
        self.staging = UploadStaging(home.staged, self.clock)
        self.receiving_switch = ReceivingSwitch(
            self._opened_store, home.stopped, audit=self.audit, zone=self.zone, clock=self.clock
        )
        self.jobs = Jobs(self.database, self.clock, self._kinds())
        if self.writable:
            _tell_what_was_found(self._opened_store())
            self._begin_work(scheduled=scheduled)

    def _open_accounts(self, min_group: int) -> None:
        self._rooms = rooms = AccountsRoom.open(
            users=self._home.users,
            admins=self._home.admins,
            versions=self._home.versions,
            database=self.database,
            zone=self.zone,
            clock=self.clock,
            min_group=min_group,
        )
        self.accounts, self.staff = rooms.accounts, rooms.staff
        self.meters, self.supplies = rooms.meters, rooms.supplies
        self.audit, self.sessions = rooms.audit, rooms.sessions
        self.links, self.sign_in, self.api_keys = rooms.links, rooms.sign_in, rooms.api_keys

    def _opened_store(self) -> LocalStore:
        """The store; opened when first asked for by a book that only looks."""
        if self._store is None:
            with self._lock:
                if self._store is None:
                    store = LocalStore.open(
                        self._home,
                        counting=self.meters.counting,
                        clock=self.clock,
                        writable=self.writable,
                    )
                    self._closing.callback(store.close)
                    self._place_meters(store)
                    self.accounts.on_change(lambda: self._place_meters(store))
                    self._store = store
        return self._store

    def _place_meters(self, store: LocalStore) -> None:
        """Tell the store where meters count now: what changed since it was told last."""
        with self._lock:
            present = self.accounts.paths()
            gone = dict.fromkeys(self._placed.keys() - present.keys())
            changed = {
                meter_id: path
                for meter_id, path in present.items()
                if self._placed.get(meter_id) != path
            }
            if gone or changed:
                store.place({**gone, **changed})
            self._placed = present

    def _begin_work(self, *, scheduled: bool) -> None:
        """Missed days first, then the worker, then the bell."""
        self._worker = worker = Worker(self.jobs)
        self._closing.callback(worker.close)
        worker.sort_out()
        if scheduled and self._has_missed_days():
            job = worker.do_first(END_DAY, actor=AT_START)
            if job.state is JobState.FAILED:
                log.error("missed days could not be ended: %s", job.error)
        self.receiving_switch.obey()
        worker.start()
        schedule = Schedule(self.zone, self._ring)
        self._closing.callback(schedule.close)
        if scheduled:
            schedule.arm()

    def _has_missed_days(self) -> bool:
        """A midnight passed unnoticed, or a crash cut the end of a day short."""
        store = self._opened_store().state()
        if store.damage:
            return False  # a person decides, and `problems` says what to type
        return store.sealed_logs > 0 or was_missed(
            self._home.logs / LOG_NAME, self.zone, self.clock()
        )

    def _ring(self) -> None:
        """Midnight."""
        try:
            self.jobs.start(END_DAY, {}, actor=AT_MIDNIGHT)
        except Conflict as error:
            if self._worker.does(END_DAY):
                log.info("midnight: %s", error.sentence)
            else:
                log.warning("midnight: %s It is not being done this moment.", error.sentence)

    # --- work ----------------------------------------------------------------------------

    def _kinds(self) -> Mapping[str, JobKind]:
        return {
            END_DAY: JobKind(self._end_day, single=True, repeatable=True),
            IMPORT_READINGS: JobKind(self._import_file, repeatable=True),
            BILL_MONTH: JobKind(self._bill_month, repeatable=True),
            END_MONTH: JobKind(self._end_month, repeatable=True),
            RESTORE_READINGS: JobKind(self._restore_readings, single=True, repeatable=True),
            SWITCH_RECEIVING: JobKind(self.receiving_switch, at_once=True),
            BACK_UP: JobKind(self._back_up, single=True, repeatable=True),
        }

    def _end_day(self, task: Task) -> Result:
        journey = EndDay(
            store=self._opened_store(),
            pause=self.receiving_switch.pause,
            manifest=self._home.manifest,
            staging=self.staging,
            audit=self.audit,
        )
        before = self.jobs.last_done(END_DAY)
        result = journey(task)
        since = None if before is None else self._begun_on(before)
        for month in ended_months(since, self._begun_on(task.job)):
            self.jobs.start(END_MONTH, {"month": month}, actor=task.job.actor)
        return result

    def _begun_on(self, job: Job) -> date:
        """The local day on which a job was taken up."""
        return self.zone.day_of(epoch_of(job.started_at or job.created_at))

    def _import_file(self, task: Task) -> Result:
        journey = ImportFile(self.readings, self.staging, self.audit, self.authorize)
        return journey(task)

    def _restore_readings(self, task: Task) -> Result:
        journey = RestoreReadings(self._opened_store(), self.receiving_switch.pause, self.audit)
        return journey(task)

    def _bill_month(self, task: Task) -> Result:
        return BillMonth(self.billing, self.accounts, self.audit, self.authorize)(task)

    def _end_month(self, task: Task) -> Result:
        return EndMonth(self._bill_month, DayFiles(self._home.daily))(task)

    def _back_up(self, task: Task) -> Result:
        home, store = self._home, self._opened_store()
        made = BackUp(home, self._backups, store, self.database, self._rooms, self.clock)(task)
        usual = 0 if task.job.params.get("to") else self._backups_kept
        keep = int(str(task.job.params.get("keep") or usual))
        if not keep:
            return made
        pruned = PruneBackups(home.folder, self.audit)(task, Path(str(made["backup"])), keep=keep)
        return {**made, "removed": pruned.removed, "warnings": pruned.troubles}


def _tell_what_was_found(store: LocalStore) -> None:
    """What recovery restored, in the server's own log."""
    state = store.state()
    log.info(
        "found %s readings in %s day files, %s more in the log, %s meters in the index",
        state.day_file_readings, state.day_files, state.tail_readings, store.meters(),
    )  # fmt: skip
    for copy in store.torn_ends:
        log.warning("an unfinished end of the log was cut off; %s is what stood there", copy)
    for sentence in state.damage:
        log.error("%s", sentence)
