"""No combination of answers speaks of fewer households than allowed."""

from __future__ import annotations

from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from data_layer.readings.model import GroupPath
from data_layer.readings.suppression import Atom, atoms, within

Lattice = dict[GroupPath, int]

REGIONS, AREAS, TYPES = ("East", "West"), ("a", "b", "c"), ("flat", "house", "villa")
PATHS = [GroupPath(*words) for words in product(REGIONS, AREAS, TYPES)]
lattices = st.dictionaries(st.sampled_from(PATHS), st.integers(0, 12), max_size=len(PATHS))
smallest = st.integers(2, 9)


def questions(lattice: Lattice) -> list[frozenset[GroupPath]]:
    """Every set a group question can name: subsets of regions, areas and types crossed."""

    def subsets(words: tuple[str, ...]) -> list[tuple[str, ...]]:
        return [chosen for size in (1, 2, 3) for chosen in combinations(words, size)]

    asked = {
        frozenset(
            path
            for path in lattice
            if path.region in regions and path.area in areas and path.dwelling_type in types
        )
        for regions in subsets(REGIONS)
        for areas in subsets(AREAS)
        for types in subsets(TYPES)
    }
    return sorted(asked, key=sorted)


def answered(division: tuple[Atom, ...], asked: frozenset[GroupPath]) -> frozenset[GroupPath]:
    """The places an answer adds up."""
    return frozenset[GroupPath]().union(*(atom.paths for atom in within(division, asked)))


@given(lattices, smallest)
def test_atoms_are_disjoint_and_none_is_too_small(lattice: Lattice, at_least: int) -> None:
    division = atoms(lattice, at_least)
    named = [path for atom in division for path in atom.paths]
    assert len(named) == len(set(named))
    assert all(atom.households == sum(lattice[p] for p in atom.paths) for atom in division)
    assert all(atom.households >= at_least for atom in division)


@given(lattices, smallest)
def test_nothing_is_withheld_of_all_unless_all_are_too_few(lattice: Lattice, at_least: int) -> None:
    everything = answered(atoms(lattice, at_least), frozenset(lattice))
    too_few = sum(lattice.values()) < at_least
    assert everything == (set() if too_few else set(lattice))


@given(lattices, smallest)
@settings(max_examples=50, deadline=None)
def test_difference_of_any_two_answers_speaks_of_enough_households(
    lattice: Lattice, at_least: int
) -> None:
    division = atoms(lattice, at_least)
    answers = sorted({answered(division, asked) for asked in questions(lattice)}, key=sorted)
    for one, other in combinations(answers, 2):
        for left in (one - other, other - one):
            assert not left or sum(lattice[path] for path in left) >= at_least


@given(lattices, smallest, st.lists(st.tuples(st.integers(0, 999), st.integers(-3, 3)), max_size=6))
@settings(deadline=None)
def test_integer_combinations_of_answers_never_single_out_few_households(
    lattice: Lattice, at_least: int, terms: list[tuple[int, int]]
) -> None:
    division = atoms(lattice, at_least)
    asked = questions(lattice)
    weight = dict.fromkeys(lattice, 0)
    for question, factor in terms:
        for path in answered(division, asked[question % len(asked)]):
            weight[path] += factor
    for value in set(weight.values()) - {0}:
        assert sum(lattice[path] for path in lattice if weight[path] == value) >= at_least


@given(lattices, smallest)
@settings(deadline=None)
def test_totals_of_large_enough_areas_are_complete_unless_a_small_area_must_hide(
    lattice: Lattice, at_least: int
) -> None:
    """An area loses its complete total only to a too-small area, and so does a region."""
    division = atoms(lattice, at_least)
    for level in (2, 1):
        sizes: dict[tuple[str, ...], int] = {}
        for path, count in lattice.items():
            sizes[path[:level]] = sizes.get(path[:level], 0) + count
        if any(size < at_least for size in sizes.values()):
            continue
        for name, size in sizes.items():
            places = frozenset(path for path in lattice if path[:level] == name)
            assert sum(atom.households for atom in within(division, places)) == size


def test_small_cells_of_an_area_are_counted_together() -> None:
    lattice = {
        GroupPath("East", "Bedok", "3-room"): 9,
        GroupPath("East", "Bedok", "4-room"): 2,
        GroupPath("East", "Bedok", "Landed"): 3,
    }
    assert [(len(atom.paths), atom.households) for atom in atoms(lattice, 5)] == [(2, 5), (1, 9)]


def test_single_small_cell_takes_the_smallest_large_one_along() -> None:
    """Withholding it alone would leave it to be had as the area's total less the others."""
    lattice = {
        GroupPath("East", "Bedok", "3-room"): 9,
        GroupPath("East", "Bedok", "4-room"): 30,
        GroupPath("East", "Bedok", "Landed"): 1,
    }
    assert sorted(atom.households for atom in atoms(lattice, 5)) == [10, 30]


def test_place_whose_households_are_gone_is_never_counted_alone() -> None:
    """Its history is that of single households, however many live elsewhere."""
    gone, large = GroupPath("East", "Bedok", "Landed"), GroupPath("East", "Bedok", "3-room")
    assert atoms({gone: 0, large: 8}, 5) == (Atom(frozenset((gone, large)), 8),)


def test_without_a_smallest_group_every_place_stands_alone() -> None:
    lattice = {GroupPath("East", "Bedok", "Landed"): 1, GroupPath("East", "Bedok", "3-room"): 2}
    assert sorted(atom.households for atom in atoms(lattice, 0)) == [1, 2]
