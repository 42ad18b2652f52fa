"""The compiled checksums are zlib's, byte for byte, and stop where the slow rule stops."""

from __future__ import annotations

from zlib import crc32

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data_layer.storage.log_chain import SLACK, _stepped, chained, checked
from data_layer.storage.log_format import chain, holds
from tests.log_writing import lines_of

PAYLOADS = st.lists(
    st.one_of(st.binary(max_size=400), st.text("ab,0:é", max_size=40).map(str.encode)).map(
        lambda line: line.replace(b"\n", b" ")
    ),
    min_size=1,
    max_size=30,
)
CRCS = st.integers(0, 0xFFFFFFFF)


@given(PAYLOADS, CRCS)
def test_lines_are_completed_as_the_rule_says(payloads: list[bytes], crc: int) -> None:
    data, end = chained(lines_of(payloads), crc)
    assert (bytes(data), end) == chain(payloads, crc)


@given(st.binary(max_size=500).map(lambda line: line.replace(b"\n", b" ")), CRCS)
def test_a_checksum_is_zlibs(payload: bytes, crc: int) -> None:
    data, end = chained(lines_of([payload]), crc)
    assert end == crc32(payload, crc)
    assert bytes(data)[-9:] == b"%08x\n" % end


@given(st.binary(max_size=400), CRCS)
def test_a_processor_without_products_gives_the_same_checksum(payload: bytes, crc: int) -> None:
    text = np.frombuffer(payload + bytes(SLACK), dtype=np.uint8).copy()
    end = _stepped(text, 0, len(payload), np.uint32(crc ^ 0xFFFFFFFF))
    assert int(end) ^ 0xFFFFFFFF == crc32(payload, crc)


@given(PAYLOADS, CRCS, st.data())
def test_checking_stops_at_the_first_line_that_does_not_hold(
    payloads: list[bytes], crc: int, data: st.DataObject
) -> None:
    block = bytearray(chain(payloads, crc)[0])
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(block) - 1))
        block[place] = data.draw(st.integers(0, 255))
    text = bytes(block[: data.draw(st.integers(0, len(block)))])

    good: list[bytes] = []
    end = crc
    for line in text.split(b"\n")[:-1]:
        if not holds(line, end):
            break
        end = int(line[-8:], 16)
        good.append(line)
    found = checked(text, crc)
    assert (found.lines, found.crc) == (len(good), end)
    assert found.payload == b"".join(line[:-9] + b"\n" for line in good)
    assert found.length == sum(len(line) + 1 for line in good)
