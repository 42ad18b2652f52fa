"""Asks one server over many connections as fast as it answers; a process of its own, Python alone.

    python -m tests.benchmarks.load_generator < plan.json > result.json

One thread and one selector: about 20,000 requests a second, several times what it measures. Each
connection has one request under way, so the connections are what is in flight.
"""

from __future__ import annotations

import json
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from time import perf_counter

PIECE = 1 << 18
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Result:
    """What came back; milliseconds."""

    per_second: float
    p50: float
    p95: float
    p99: float
    answers: int
    refused: int
    """Answers other than 2xx."""
    bytes_each: float


def load(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, again: bool = True
) -> Result:
    """Send the requests in turn for so long; `again` from the first after the last."""
    plan = {
        "port": port,
        "connections": connections,
        "seconds": seconds,
        "again": again,
        "requests": [request.decode("latin-1") for request in requests],
    }
    ran = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=True,
    )
    return Result(**json.loads(ran.stdout))


class _Connection:
    """One keep-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked_at = 0.0
        self._answer = b""
        self._needed = -1

    def ask(self, request: bytes) -> None:
        self._answer, self._needed = b"", -1
        self.asked_at = perf_counter()
        self.socket.sendall(request)

    def read(self) -> bytes | None:
        """The answer once it is whole."""
        piece = self.socket.recv(PIECE)
        if not piece:
            raise ConnectionError("the server closed a connection")
        self._answer += piece
        if self._needed < 0:
            head = self._answer.find(b"\r\n\r\n")
            if head < 0:
                return None
            self._needed = head + 4 + _body_length(self._answer[:head])
        return self._answer if len(self._answer) >= self._needed else None


def _body_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("the answer does not tell its length")


def run(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, again: bool
) -> Result:
    """Ask from this process."""
    took: list[float] = []
    refused = received = 0
    left: Iterator[bytes] = cycle(requests) if again else iter(requests)
    with selectors.DefaultSelector() as selector:
        opened = [_Connection(port) for _ in range(connections)]
        begun = perf_counter()
        for connection in opened:
            connection.ask(next(left))
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        last = begun
        while last - begun < seconds and selector.get_map():
            for key, _ in selector.select(PATIENCE):
                connection = key.data
                answer = connection.read()
                if answer is None:
                    continue
                last = perf_counter()
                took.append(last - connection.asked_at)
                received += len(answer)
                refused += answer[9:10] != b"2"
                request = next(left, None)
                if request is None:
                    selector.unregister(connection.socket)
                else:
                    connection.ask(request)
        for connection in opened:
            connection.socket.close()
    took.sort()
    return Result(
        per_second=len(took) / (last - begun),
        p50=1000 * took[len(took) // 2],
        p95=1000 * took[len(took) * 95 // 100],
        p99=1000 * took[len(took) * 99 // 100],
        answers=len(took),
        refused=refused,
        bytes_each=received / len(took),
    )


def main() -> None:
    plan = json.load(sys.stdin)
    requests = [request.encode("latin-1") for request in plan.pop("requests")]
    json.dump(asdict(run(requests=requests, **plan)), sys.stdout)


if __name__ == "__main__":
    main()
