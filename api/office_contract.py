"""The fields of group totals, of raw readings and of long work at the REST door."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.address_choices import PERIODS, RESOLUTIONS
from api.contract import (
    CALENDAR_DAY,
    Fields,
    Instant,
    Kwh,
    MeterId,
    MissingHalfHours,
    Month,
    Paged,
    Time,
)
from data_layer.jobs.model import JobState
from data_layer.readings.group_queries import TOTAL, SplitBy

Several = Annotated[list[str], Field(default_factory=list, description="may be repeated")]
Day = Annotated[str, Field(pattern=f"^{CALENDAR_DAY}$", examples=["2026-11-01"])]
TotalPeriod = Annotated[str, Field(json_schema_extra={"enum": [*PERIODS]})]
TotalResolution = Annotated[str, Field(json_schema_extra={"enum": [TOTAL, *RESOLUTIONS]})]


class TotalsAsked(Fields):
    region: Several
    area: Several
    dwelling_type: Several
    period: TotalPeriod = Field(default="last_7_days", description="unless from and to are given")
    from_: Day | None = Field(default=None, alias="from", description="first local day")
    to: Day | None = Field(default=None, description="last local day, included")
    resolution: TotalResolution = TOTAL
    split: SplitBy = SplitBy.NONE


class GroupAnswer(Fields):
    """One group; number n of a list lies between edges n and n + 1."""

    region: str
    area: str
    dwelling_type: str
    households: list[int] = Field(description="that were added up")
    kwh: list[Kwh | None] = Field(description="null where nothing may or can be told")
    estimated_kwh: list[Kwh | None]
    missing_half_hours: list[MissingHalfHours]


class TotalsAnswer(Fields):
    """Totals of groups large enough to be told; what is withheld is said, not shown."""

    zone: str
    resolution: TotalResolution = Field(
        description="coarser than asked for where there would be more than 1,500 buckets"
    )
    split: SplitBy
    edges: list[Time]
    groups: list[GroupAnswer]
    withheld_groups: int = Field(
        description="groups of the split that are not among `groups`: too few households, or one "
        "that would give such a group away"
    )
    withheld_households: str = Field(
        description="households of what was asked that none of `groups` adds up; in words too "
        "coarse to be subtracted, unless none is withheld",
        examples=["fewer than 5"],
    )
    withheld_half_hours: bool = Field(
        description="whether half hours in which too few households of a group reported were left "
        "out of its numbers; they count as missing"
    )


class ReadingsAsked(Paged):
    meter_id: MeterId
    start: Instant | None = None
    end: Instant | None = Field(default=None, description="excluded")


class StoredReading(Fields):
    """A stored reading, whatever has become of it."""

    meter_id: MeterId
    register_id: str
    read_at: Time
    value_kwh: Kwh | None = Field(description="null: a revision that withdraws the reading")
    kind: str
    type: str
    flag: str
    revision: int
    source: str
    state: Literal["", "replaced", "withdrawn"]


class ReadingsAnswer(Fields):
    """One page of a meter's stored readings, the newest first, all revisions."""

    readings: list[StoredReading]
    total: int


class NewJob(Fields):
    """Long work to begin."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"kind": {"const": "bill_month"}}},
            "then": {
                "properties": {"month": {"type": "string"}},
                "required": ["month"],
                "not": {"required": ["rebuild"]},
            },
            "else": {"not": {"required": ["month"]}},
        }
    )
    kind: Literal["end_day", "bill_month"]
    month: Month | None = Field(default=None, description="of bill_month")
    rebuild: bool = Field(default=False, description="of end_day: the index from nothing")


class JobAnswer(Fields):
    """Long work: asked for, under way or ended. `done` of `total` is progress."""

    id: str
    kind: str
    params: dict[str, Any]
    state: JobState
    done: int
    total: int
    message: str
    result: dict[str, Any]
    error: str
    actor: str
    created_at: Time
    started_at: Time | None
    finished_at: Time | None


class JobsAsked(Fields):
    limit: int = Field(default=50, ge=1, le=1000)


class JobsAnswer(Fields):
    """The newest jobs first."""

    jobs: list[JobAnswer]
