"""The examples of docs/operations.md do what they say: nginx with TLS before a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from data_layer.accounts.model import Account, Role
from data_layer.book import Book

ROOT = Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
HOST, METER = "meters.example.org", "531-204-118"
START_SECONDS = 60


@dataclass(frozen=True)
class Proxied:
    """A server behind nginx, asked over TLS."""

    port: int
    key: str

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        with closing(HTTPSConnection("127.0.0.1", self.port, timeout=30, context=trust)) as asking:
            asking.request(method, path, body, {"Host": HOST, **headers})
            answer = asking.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read().decode()


def example(kind: str) -> str:
    """The one example of that language in docs/operations.md."""
    text = (ROOT / "docs" / "operations.md").read_text()
    (found,) = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return str(found)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    if NGINX is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("proxy")
    home, port, inner = folder / "home", free_port(), free_port()
    with Book.open(home, scheduled=False) as book:
        book.accounts.register(Account(METER, "Tan", "1 Orchard Road"), actor="cli")
        _, key = book.api_keys.issue(Role.ADMIN, name="test", meter_ids=(), actor="cli")
    unit = dict(re.findall(r"^Environment=(\w+)=(.*)$", example("ini"), re.MULTILINE))
    del unit["METERBOOK_TIMEZONE"]
    environment = {**os.environ, **unit, "METERBOOK_HOME": str(home), "METERBOOK_PORT": str(inner)}
    server = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    proxy = None
    try:
        assert server.stdout is not None
        assert "serves" in server.stdout.readline()
        proxy = subprocess.Popen([NGINX, "-c", str(_configured(folder, port, inner))])
        _wait_for(port)
        yield Proxied(port, key)
    finally:
        for process in (proxy, server):
            if process is not None:
                process.terminate()
                process.communicate(timeout=60)


def _configured(folder: Path, port: int, inner: int) -> Path:
    """nginx's file with the documented server in it, at other ports and with a key of its own."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", f"/CN={HOST}", "-keyout", folder / "tls.key", "-out", folder / "tls.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = example("nginx").replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    server = server.replace("/etc/ssl/meters.example.org.pem", str(folder / "tls.pem"))
    server = server.replace("/etc/ssl/private/meters.example.org.key", str(folder / "tls.key"))
    server = server.replace("127.0.0.1:8050", f"127.0.0.1:{inner}")
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary} {server} }}\n"
    )
    return path


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("nginx does not listen")


def test_readings_come_in_and_pages_go_out_through_the_proxy(proxied: Proxied) -> None:
    bearer = {"Authorization": f"Bearer {proxied.key}", "Content-Type": "application/json"}
    reading = {"meter_id": METER, "timestamp": "2026-03-01T00:30:00", "reading": 1.5}
    status, _, text = proxied.ask(
        "POST", "/api/receive_meter_reading", json.dumps(reading).encode(), **bearer
    )
    assert (status, json.loads(text)["success"]) == (200, True)
    status, headers, _ = proxied.ask("GET", "/sign-in", Accept="text/html")
    assert status == 200
    assert "max-age" in headers["strict-transport-security"]
    assert "Secure" in headers["set-cookie"]


def test_the_server_knows_who_asked_and_not_who_was_claimed(proxied: Proxied) -> None:
    """Wrong keys are counted by address: a claimed one does not give another sixty."""
    wrong = {"Authorization": "Bearer no"}
    answers = []
    while 429 not in answers and len(answers) < 1000:  # a slow machine needs more than sixty
        claimed = {"X-Forwarded-For": f"192.0.2.{len(answers) % 250}"}
        answers.append(proxied.ask("GET", "/api/jobs", **wrong, **claimed)[0])
    assert answers[0] == 401
    assert answers[-1] == 429


def test_metrics_are_closed_to_the_outside(proxied: Proxied) -> None:
    assert proxied.ask("GET", "/metrics")[0] == 404


def test_a_host_that_is_not_ours_is_refused(proxied: Proxied) -> None:
    assert proxied.ask("GET", "/sign-in", Host="evil.example")[0] == 400
