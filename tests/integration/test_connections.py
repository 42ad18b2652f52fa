"""Connections to the server as clients have them: slow, silent, too many, many requests in one."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 20.0


@contextmanager
def serving(*, says: str = "", **settings: int) -> Iterator[int]:
    """A small server's port; the server ends by itself when told to, and has said no more."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.small_server", json.dumps(settings)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert all(says and says in line for line in said.splitlines()), said


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(threads=2) as port:
        yield port


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def ask(connection: socket.socket, path: str) -> None:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


def body(connection: socket.socket, size: int) -> bytes:
    """An answer's body of a known size."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _piece(connection)
    found = [answer.partition(b"\r\n\r\n")[2]]
    while sum(map(len, found)) < size:
        found.append(_piece(connection))
    return b"".join(found)


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(1 << 20)
    assert piece, "the server hung up"
    return piece


def test_one_connection_is_answered_again_and_again(port: int) -> None:
    with connected(port) as connection:
        for words in range(1, 50):
            ask(connection, f"/words/{words}")
            assert body(connection, 5 * words) == b"word " * words


def test_requests_sent_together_are_answered_in_their_order(port: int) -> None:
    with connected(port) as connection:
        for words in (1, 2, 3):
            ask(connection, f"/words/{words}")
        connection.shutdown(socket.SHUT_WR)
        answers = b""
        while piece := connection.recv(1 << 16):
            answers += piece
    assert [part.count(b"word") for part in answers.split(b"HTTP/1.1 200 OK")] == [0, 1, 2, 3]


def test_head_and_body_come_in_one_piece(port: int) -> None:
    with connected(port) as connection:
        ask(connection, "/words/3")
        assert connection.recv(1 << 16).endswith(b"\r\n\r\nword word word ")


def test_a_client_that_reads_slowly_gets_all_of_it_and_stops_nobody(port: int) -> None:
    words = 8_000_000  # 40 MB: more than the kernel and the server keep ready for one connection
    with connected(port) as slow, connected(port) as other:
        ask(slow, f"/words/{words}")
        time.sleep(0.5)
        ask(other, "/words/2")
        assert body(other, 10) == b"word word "
        assert body(slow, 5 * words) == b"word " * words
        ask(slow, "/words/1")
        assert body(slow, 5) == b"word "


def test_a_client_that_hangs_up_while_it_is_answered_stops_nobody(port: int) -> None:
    for path in ("/wait/0.3", "/words/8000000"):
        with connected(port) as leaving:
            ask(leaving, path)
            time.sleep(0.1)
    with connected(port) as other:
        ask(other, "/words/1")
        assert body(other, 5) == b"word "


def test_many_wait_for_few_threads_in_silence() -> None:
    with serving(threads=1) as port:
        opened = [connected(port) for _ in range(20)]
        for each in opened:
            ask(each, "/wait/0.01")
        assert [body(each, 4) for each in opened] == [b"done"] * 20
        for each in opened:
            each.close()


def test_a_silent_connection_is_closed_but_not_one_that_waits_for_its_answer() -> None:
    with (
        serving(threads=1, channel_timeout=1, cleanup_interval=1) as port,
        connected(port) as silent,
        connected(port) as waiting,
    ):
        ask(waiting, "/wait/4")
        assert silent.recv(1) == b""
        assert body(waiting, 4) == b"done"


def test_who_came_when_there_was_no_room_is_served_when_there_is() -> None:
    # The port, the wake-up pipe and what may be connected count together.
    with serving(says="open connections", threads=1, connection_limit=4) as port:
        first, second = connected(port), connected(port)
        for each in (first, second):
            ask(each, "/words/1")
            assert body(each, 5) == b"word "
        with connected(port) as third:
            ask(third, "/words/1")
            third.settimeout(0.5)
            with pytest.raises(TimeoutError):
                third.recv(1)
            third.settimeout(PATIENCE)
            first.close()
            assert body(third, 5) == b"word "
        second.close()
