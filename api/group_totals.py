"""REST: totals of groups of households, with the question and the withholding of the page."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from flask import Blueprint, Response

from api.answers import column, json_answer, kwh_column
from api.contract import Fields
from api.group_view import read_view
from api.not_yet import NotYet, not_yet
from api.office_contract import TotalsAnswer, TotalsAsked
from api.parameters import in_address
from api.reference import Call
from data_layer.accounts.model import Role
from data_layer.book import Book
from data_layer.clock import epoch_of
from data_layer.errors import BadInput
from data_layer.readings import group_queries
from data_layer.readings.group_queries import TOTAL, GroupTable, SplitBy
from data_layer.readings.model import Action
from data_layer.readings.suppression import told
from security import policy
from security.viewer import current_viewer

CALLS = {"group_totals.totals": Call("Totals of groups of households", TotalsAsked, TotalsAnswer)}
SEVERAL = ("region", "area", "dwelling_type")


def group_totals(book_of: Callable[[], Book]) -> Blueprint:
    """Routes: GET /api/totals."""
    door = Blueprint("group_totals", __name__)
    roles = {Role.GOVERNMENT, Role.ADMIN}
    policy.allow("group_totals.totals", roles, renews=False, takes_keys=True)

    @door.get("/api/totals")
    def totals() -> Response:
        words = in_address(*_names(TotalsAsked), several=SEVERAL)
        book = book_of()
        scope = book.authorize(current_viewer(), Action.READ_GROUPS)
        split = _split(words.pop("split", [SplitBy.NONE.value])[0])
        asked = words.pop("resolution", [TOTAL])[0]
        page_words = {"dwelling" if name == "dwelling_type" else name: value
                      for name, value in words.items()}  # fmt: skip
        if asked != TOTAL:
            page_words["resolution"] = [asked]
        view = read_view(page_words, book.zone, now=epoch_of(book.clock()))
        resolution = TOTAL if asked == TOTAL else view.resolution
        wanted = view.query(book.zone, split_by=split, resolution=resolution)
        table = group_queries.totals(book.readings, scope, wanted)
        return json_answer(
            {
                "zone": book.zone.name,
                "resolution": resolution,
                "split": split,
                "edges": [book.zone.format(edge) for edge in table.buckets.edges.tolist()],
                "groups": _groups(table, not_yet(book, scope, view, split)),
                "withheld_groups": table.withheld_groups,
                "withheld_households": told(table.withheld_households, scope.at_least),
                "withheld_half_hours": table.withheld_half_hours,
            }
        )

    return door


def _groups(table: GroupTable, to_come: NotYet) -> list[dict[str, object]]:
    """Each group with its columns; half hours that are still to come are not missing."""
    buckets = table.buckets
    missing = buckets.missing_half_hours.copy()
    for bucket, (start, end) in enumerate(pairwise(buckets.edges.tolist())):
        if len(to_come.starts) and end > to_come.starts[0]:
            for row, group in enumerate(table.rows):
                missing[row, bucket] -= to_come.within(group, start, end)
    known = buckets.reporting > 0
    return [
        {
            "region": group.region,
            "area": group.area,
            "dwelling_type": group.dwelling_type,
            "households": column(buckets.reporting[row]),
            "kwh": kwh_column(buckets.consumption_wh[row], known[row]),
            "estimated_kwh": kwh_column(buckets.estimated_wh[row], known[row]),
            "missing_half_hours": column(missing[row]),
        }
        for row, group in enumerate(table.rows)
    ]


def _names(model: type[Fields]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _split(word: str) -> str:
    if word not in set(SplitBy):
        raise BadInput(f"split {word[:40]!r} is unknown: use {', '.join(SplitBy)}.", field="split")
    return word
