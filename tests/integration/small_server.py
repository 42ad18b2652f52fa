"""A server with an application of a few lines, to be asked over real sockets.

    python -m tests.integration.small_server '{"threads": 2}'      prints its port, ends on SIGTERM

/words/N      N times `word `, in pieces of a megabyte
/wait/S       `done` after S seconds
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from cli.connections import Server

PIECE = b"word " * 200_000


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
    _, what, amount = environ["PATH_INFO"].split("/")
    if what == "wait":
        time.sleep(float(amount))
        start("200 OK", [("Content-Length", "4")])
        yield b"done"
        return
    left = 5 * int(amount)
    start("200 OK", [("Content-Length", str(left))])
    while left > 0:
        yield PIECE[:left]
        left -= len(PIECE)


def _stop(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


def main() -> None:
    server = Server(application, host="127.0.0.1", port=0, **json.loads(sys.argv[1]))
    signal.signal(signal.SIGTERM, _stop)
    print(server.port, flush=True)  # noqa: T201 - who started it reads this
    server.run()


if __name__ == "__main__":
    main()
