"""The smallest few of many pairs, kept in a heap with the largest of them at its root.

A heap is an array (2, room): rank and number. Equal ranks stand by number.

    rank     9  7  8  2  5  .  .        place k is not better than places 2k + 1 and 2k + 2
    number   4  1  6  0  3  .  .        size 5, room 7
"""

from __future__ import annotations

from index.compiled import inlined
from index.history import Ints


@inlined
def _worse(heap: Ints, one: int, other: int) -> bool:
    if heap[0, one] != heap[0, other]:
        return bool(heap[0, one] > heap[0, other])
    return bool(heap[1, one] > heap[1, other])


@inlined
def _swap(heap: Ints, one: int, other: int) -> None:
    for column in range(2):
        heap[column, one], heap[column, other] = heap[column, other], heap[column, one]


@inlined
def _sink(heap: Ints, size: int) -> None:
    """Bring the root down until the worst of all stands there again."""
    place = 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and _worse(heap, child + 1, child):
            child += 1
        if not _worse(heap, child, place):
            break
        _swap(heap, child, place)
        place = child


@inlined
def _rise(heap: Ints, place: int) -> None:
    while place > 0 and _worse(heap, place, (place - 1) // 2):
        _swap(heap, place, (place - 1) // 2)
        place = (place - 1) // 2


@inlined
def put(heap: Ints, size: int, rank: int, number: int) -> int:
    """Keep it if it is among the best; how many are kept then."""
    if size < heap.shape[1]:
        heap[0, size], heap[1, size] = rank, number
        _rise(heap, size)
        return size + 1
    if rank < heap[0, 0] or (rank == heap[0, 0] and number < heap[1, 0]):
        heap[0, 0], heap[1, 0] = rank, number
        _sink(heap, size)
    return size


@inlined
def put_in_order(heap: Ints, size: int) -> None:
    """Turn the heap into an ascending list."""
    for left in range(size - 1, 0, -1):
        _swap(heap, 0, left)
        _sink(heap, left)
