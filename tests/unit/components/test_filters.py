"""Fields are native, labeled, and say beside themselves what was wrong."""

from __future__ import annotations

from components import filters


def find(component, kind):
    return [part for part in component._traverse() if type(part).__name__ == kind]


def test_presets_drop_the_custom_range_and_mark_the_chosen_one():
    periods = [("today", "Today"), ("yesterday", "Yesterday")]
    chosen = {"period": "yesterday", "meter": "531"}
    links = find(filters.period_links("/usage", chosen, store_id="v", periods=periods), "A")
    marked = [link.href for link in links if getattr(link, "aria-current", None)]

    assert marked == ["/usage?period=yesterday&meter=531"]

    custom = {"from": "2026-11-01", "to": "2026-11-02", "resolution": "hour"}
    links = find(filters.period_links("/usage", custom, store_id="v", periods=periods), "A")
    assert links[0].href == "/usage?period=today"
    assert not any(getattr(link, "aria-current", None) for link in links)


def test_every_field_is_labeled_by_its_control():
    field = filters.date_field("From", "from", "2026-11-01", control_id="usage-from")

    assert find(field, "Label")[0].htmlFor == find(field, "Input")[0].id == "usage-from"


def test_a_wrong_value_is_explained_beside_its_field():
    field = filters.date_field("To", "to", "x", control_id="usage-to", error="to 'x' is not a day.")
    said = find(field, "P")[0]

    assert (said.id, said.role, said.children) == (
        "usage-to-error",
        "alert",
        "to 'x' is not a day.",
    )
    assert find(field, "Input")[0].invalid is True


def test_choices_summarize_what_is_chosen():
    options = [("e", "East"), ("w", "West")]

    def summary(values):
        chosen = filters.choices("Region", "region", options, values, control_id="region")
        return find(chosen, "Summary")[0].children[1].children

    assert summary([]) == "All"
    assert summary(["w"]) == "West"
    assert summary(["e", "w"]) == "2 chosen"
