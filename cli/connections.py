"""Waitress with a memory: a connection is looked at when something happens on it, not every time.

Waitress asks every open connection what it waits for before each wait, and waits twice a request:
once for what comes in, once to be told that an answer is out. With sixty-four connections that
held the interpreter's lock longer than the answers did (docs/decisions/0016-the-server.md). Here
the kernel remembers what is waited for (epoll), and forgets it with every event:

    wait ──> a request is read ──> nothing is waited for while a thread answers ──┐
      ^                                                                           │
      └────────────── the thread that answered has it watched again <─────────────┘

All that serves stays on one processor. One thread at a time has the interpreter, and a request
hands it over some ten times: to a thread that sleeps on another processor that takes longer than
what it is handed over for. Whatever else runs, such as the nightly batch, has all processors.

All else is waitress: what is read, in which thread, what is sent and when a connection is closed.
"""

from __future__ import annotations

import logging
import select
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from cli.processors import one_processor, stay_on

logging.getLogger("waitress.queue").setLevel(logging.ERROR)
"""It warns of every request that has to wait for a thread: a line each, on a busy day."""
LOOK_AT_ALL_SECONDS = 1.0
"""How often everything is looked at: what has been silent too long, room for new connections."""


class Watched(dict[int, Any]):
    """What is open, by descriptor, and in the kernel what is waited for on each of them."""

    def __init__(self) -> None:
        super().__init__()
        self._epoll = select.epoll()
        self._lock = Lock()

    def __setitem__(self, descriptor: int, opened: Any) -> None:
        with self._lock:
            super().__setitem__(descriptor, opened)
            self._epoll.register(descriptor, select.EPOLLIN | select.EPOLLONESHOT)

    def __delitem__(self, descriptor: int) -> None:
        with self._lock:
            super().__delitem__(descriptor)
            self._epoll.unregister(descriptor)

    def look(self, descriptor: int | None, opened: Any) -> None:
        """Wait for what this one waits for now; whoever changed that calls, from any thread.

        Who looks last sees what all before have changed: asking and telling are one step.
        """
        with self._lock:
            if descriptor is None or self.get(descriptor) != opened:
                return  # closed, and perhaps another has its number
            awaited = 0
            if opened.readable():
                awaited |= select.EPOLLIN
            if opened.writable() and not opened.accepting:
                awaited |= select.EPOLLOUT
            if awaited:
                self._epoll.modify(descriptor, awaited | select.EPOLLONESHOT)

    def run(self) -> None:
        """Hand on what happens, until an exception ends it."""
        look_again = monotonic()
        while True:
            for descriptor, events in self._epoll.poll(LOOK_AT_ALL_SECONDS):
                opened = self.get(descriptor)
                if opened is not None:
                    wasyncore.readwrite(opened, events)
                    self.look(descriptor, opened)
            if monotonic() >= look_again:
                look_again = monotonic() + LOOK_AT_ALL_SECONDS
                for descriptor, opened in list(self.items()):
                    self.look(descriptor, opened)


class _Gathering:
    """Stands for a connection while an answer begins."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.pieces: list[bytes] = []

    def write_soon(self, data: bytes) -> int:
        self.pieces.append(data)
        return len(data)


class _Answer(WSGITask):  # type: ignore[misc]
    """An answer whose head leaves with the first of its body: one call, one packet."""

    channel: Any

    def write(self, data: bytes) -> None:
        if self.wrote_header:
            super().write(data)
            return
        connection = self.channel
        beginning = _Gathering(connection.server)
        self.channel = beginning
        try:
            super().write(data)
        finally:
            self.channel = connection
        connection.write_soon(b"".join(beginning.pieces))


class _Connection(HTTPChannel):  # type: ignore[misc]
    """A connection that has itself watched again by the thread that answered on it."""

    task_class = _Answer

    def service(self) -> None:
        super().service()
        self._map.look(self._fileno, self)

    def write_soon(self, data: Any) -> int:
        written: int = super().write_soon(data)
        if self.total_outbufs_len:  # more than the client takes now
            self._map.look(self._fileno, self)
        return written


class _Listening(TcpWSGIServer):  # type: ignore[misc]
    channel_class = _Connection

    def pull_trigger(self) -> None:
        """Nobody needs waking: threads change themselves what is waited for."""


class _Threads(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Threads that answer, all on one processor."""

    def __init__(self, processor: int | None) -> None:
        super().__init__()
        self._processor = processor

    def handler_thread(self, thread_no: int) -> None:
        stay_on(self._processor)
        super().handler_thread(thread_no)


class Server:
    """Serves a WSGI application; takes waitress's settings. Ports are taken when it is made."""

    def __init__(self, application: Callable[..., Any], **settings: Any) -> None:
        asked = Adjustments(**settings)
        self._processor = one_processor()
        self._threads = _Threads(self._processor)
        self._threads.set_thread_count(asked.threads)
        self._watched = Watched()
        listening = [
            _Listening(
                application, self._watched, dispatcher=self._threads, adj=asked, sockinfo=address
            )
            for address in asked.listen
        ]
        self.port = int(listening[0].effective_port)

    def run(self) -> None:
        """Serve until SystemExit or Ctrl-C; the requests at hand are finished."""
        stay_on(self._processor)
        try:
            self._watched.run()
        except (SystemExit, KeyboardInterrupt):
            self._threads.shutdown()
