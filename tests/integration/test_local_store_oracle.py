"""Whatever is done to a store, in whatever order, it answers like the oracle; so do its files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from data_layer.readings.model import Flag, GroupPath, Kind, Reading, SeriesKey
from tests.integration.store_home import DAY, HALF_HOUR, START, StoreHome

METERS = ["m-1", "m-2", "m-3", "m-4"]
PATHS = [
    GroupPath("East", "Bedok", "3-room"),
    GroupPath("East", "Bedok", "4-room"),
    GroupPath("West", "Jurong", "3-room"),
    None,
]


def counting(meter_id: str) -> tuple[SeriesKey, ...]:
    """m-4 is a two-rate meter; the others count by their only register."""
    if meter_id == "m-4":
        return SeriesKey(meter_id, "DY"), SeriesKey(meter_id, "NT")
    return (SeriesKey(meter_id),)


instants = st.one_of(
    st.integers(0, 3 * 48).map(lambda n: START + n * HALF_HOUR),
    st.integers(0, 12).map(lambda n: START + DAY - 4 * HALF_HOUR + n * HALF_HOUR),
    st.integers(0, 3 * DAY).map(lambda n: START + n),
    st.integers(0, 2).map(lambda n: START - 40 * DAY + n * 10 * DAY),
)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    meter = draw(st.sampled_from(METERS))
    register = draw(st.sampled_from(["DY", "NT"])) if meter == "m-4" else "S"
    return Reading(
        meter,
        register,
        draw(instants),
        draw(st.integers(0, 30)) * 100,
        kind=draw(st.sampled_from([Kind.READ, Kind.READ, Kind.READ, Kind.INITIAL])),
        flag=draw(st.sampled_from([Flag.VALID] * 9 + [Flag.SUSPECT])),
        source=draw(st.sampled_from(["page:u1", "file:7"])),
    )


class StoreMachine(RuleBasedStateMachine):
    """Random lives of a home."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    @initialize(zone=st.sampled_from(["Asia/Singapore", "Asia/Kathmandu", "Europe/London"]))
    def begin(self, zone: str) -> None:
        self.home = StoreHome(Path(self.folder.name), timezone=zone, counting=counting)

    def teardown(self) -> None:
        if hasattr(self, "home"):
            self.home.check_disk()
            self.home.close()
        self.folder.cleanup()

    @rule(rows=st.lists(readings(), min_size=1, max_size=12))
    def submit(self, rows: list[Reading]) -> None:
        self.home.submit(*rows)

    @rule(
        meter=st.sampled_from(METERS[:3]),
        first=st.integers(0, 96),
        count=st.integers(2, 40),
        step=st.integers(0, 3),
    )
    def submit_a_run(self, meter: str, first: int, count: int, step: int) -> None:
        self.home.submit(
            *(
                Reading(meter, "S", START + (first + n) * HALF_HOUR, 1000 + n * step)
                for n in range(count)
            )
        )

    @precondition(lambda self: self.home.oracle.stored)
    @rule(data=st.data(), value=st.one_of(st.none(), st.integers(0, 30).map(lambda n: n * 100)))
    def revise(self, data: st.DataObject, value: int | None) -> None:
        key = data.draw(st.sampled_from(sorted(self.home.oracle.stored)))
        flag = data.draw(st.sampled_from([Flag.VALID] * 4 + [Flag.SUSPECT]))
        self.home.revise(key, value, Flag.VALID if value is None else flag)

    @rule(meter=st.sampled_from(METERS), path=st.sampled_from(PATHS))
    def place(self, meter: str, path: GroupPath | None) -> None:
        self.home.place({meter: path})

    @rule(rebuild=st.booleans())
    def seal(self, rebuild: bool) -> None:
        self.home.store.seal(rebuild=rebuild)

    @rule(forget=st.booleans())
    def reopen(self, forget: bool) -> None:
        if forget:
            self.home.forget_snapshot()
        self.home.reopen()

    @rule(
        start=st.integers(-4, 100),
        lengths=st.lists(st.integers(1, 60), min_size=1, max_size=4),
        shift=st.sampled_from([0, 0, 0, 700]),
    )
    def ask(self, start: int, lengths: list[int], shift: int) -> None:
        edges = [START + self.home.zone.grid_phase + start * HALF_HOUR + shift]
        for length in lengths:
            edges.append(edges[-1] + length * HALF_HOUR)
        self.home.check(edges)

    @rule()
    def look_from_beside(self) -> None:
        """A second process opens the home for reading and sees the same."""
        owner, owned = self.home.store, self.home.home
        self.home.open(writable=False)
        self.home.check([START, START + DAY, START + 2 * DAY])
        self.home.store.close()
        self.home.store, self.home.home = owner, owned
        self.home.room = self.home.room.__class__(
            owner, self.home.zone, self.home.room.clock, self.home.room.standing, counting
        )


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
