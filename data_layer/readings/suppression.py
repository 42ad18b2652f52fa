"""Keeps group totals from speaking of single households, in whatever way they are combined.

**The rule.** The households of all places (region, area, dwelling type) are divided once into
*atoms*: sets of whole places with at least `at_least` households each. An answer is a sum over
the atoms that lie wholly inside the asked set, never over a part of one.

**The guarantee.** Take any answers and add and subtract them in any multiples. If what is left
is the consumption of some set of households, that set is a union of atoms, so it is empty or
has at least `at_least` of them.
*Proof.* An answer is a sum of atom totals with coefficients 0 and 1, so a combination of answers
is a sum of atom totals with integer coefficients. All households of an atom carry the same
coefficient, since atoms are disjoint and always counted whole. Therefore the households that
carry a coefficient other than 0 fill whole atoms.

Half hours in which fewer than `at_least` meters of an atom report are masked atom by atom, before
they are added up, so the same holds for each half hour. The estimated part of a total could be
one household's alone, so an atom's half hour is told as estimated whole, when most of it is, or
not at all. The guarantee is for one state of the
book: two answers with a change of accounts or a late reading between them may differ by that.

**The division** keeps totals complete where it can. A small place joins other small places of
its area, or else the smallest atom of it: the area's total stays complete. An area too small as
a whole joins other such areas of its region, or else the region's smallest atom: the region's
total stays complete. A region too small joins others likewise: the total of all stays complete.
Only when all households together are too few is everything withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from data_layer.readings.model import GroupPath

DIVISIONS_KEPT = 4
"""One for each version of the accounts and smallest group that is asked about at a time."""


@dataclass(frozen=True, slots=True)
class Atom:
    """Places that are only ever counted together."""

    paths: frozenset[GroupPath]
    households: int


def atoms(households: Mapping[GroupPath, int], at_least: int) -> tuple[Atom, ...]:
    """Divide all places into atoms of at least `at_least` households.

    A place of no households, whose meters are all given up, is too small like any other. With
    `at_least` 0 every place is its own atom. Empty when all together are too few. One division
    answers every question: it depends on nothing but the arguments, so the last few are kept.
    """
    return _divided(tuple(sorted(households.items())), at_least)


@lru_cache(maxsize=DIVISIONS_KEPT)
def _divided(households: tuple[tuple[GroupPath, int], ...], at_least: int) -> tuple[Atom, ...]:
    places = [Atom(frozenset((path,)), count) for path, count in households]
    for level in (_area, _region, _everything):
        places = [
            atom
            for _, group in groupby(sorted(places, key=level), key=level)
            for atom in _pool(list(group), at_least)
        ]
    return tuple(atom for atom in places if atom.households >= at_least)


def within(division: Iterable[Atom], asked: frozenset[GroupPath]) -> tuple[Atom, ...]:
    """The atoms that lie wholly inside the asked places: all an answer may add up."""
    return tuple(atom for atom in division if atom.paths <= asked)


def told(count: int, at_least: int) -> str:
    """A number of withheld households in words too coarse to be subtracted from each other.

    >>> [told(count, 5) for count in (0, 3, 5, 13)]
    ['0', 'fewer than 5', '5 or more', '10 or more']
    """
    if count == 0 or at_least < 2:
        return f"{count:,}"
    if count < at_least:
        return f"fewer than {at_least}"
    return f"{count - count % at_least:,} or more"


def _pool(group: list[Atom], at_least: int) -> list[Atom]:
    """Join what is too small, in its own level, into atoms that are large enough.

    The small ones fill pools from the smallest up. What is left over joins a pool if there is
    one, else the smallest large atom; alone in its level it stays small, for the level above.
    """
    small = sorted((a for a in group if a.households < at_least), key=_by_size)
    large = sorted((a for a in group if a.households >= at_least), key=_by_size)
    pools: list[Atom] = []
    rest: Atom | None = None
    for atom in small:
        rest = atom if rest is None else _joined(rest, atom)
        if rest.households >= at_least:
            pools.append(rest)
            rest = None
    if rest is None:
        return [*pools, *large]
    for host in (pools, large):
        if host:
            host[0] = _joined(host[0], rest)
            return [*pools, *large]
    return [rest]


def _joined(one: Atom, other: Atom) -> Atom:
    return Atom(one.paths | other.paths, one.households + other.households)


def _by_size(atom: Atom) -> tuple[int, list[GroupPath]]:
    return atom.households, sorted(atom.paths)


def _area(atom: Atom) -> tuple[str, ...]:
    return min(atom.paths)[:2]


def _region(atom: Atom) -> tuple[str, ...]:
    return min(atom.paths)[:1]


def _everything(_: Atom) -> tuple[str, ...]:
    return ()
