"""More than is allowed, sent to a real server: refused while it arrives."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from tests.faults.processes import wait_until
from tests.faults.servers import Servers

pytestmark = pytest.mark.faults

GIGABYTE = 1024**3
PIECE = b"x" * 256 * 1024
PATH = "/join-the-coalition/apply/A-2222-2222/documents/"
HEAD = (
    "POST {path} HTTP/1.1\r\nHost: localhost\r\n"
    "Content-Type: multipart/form-data; boundary=edge\r\n{length}\r\n\r\n"
)
PART = (
    b'--edge\r\nContent-Disposition: form-data; name="statutes-file"; filename="a.pdf"\r\n'
    b"Content-Type: application/pdf\r\n\r\n"
)


class Web:
    """gunicorn as in production: threads, one process to look at."""

    def __init__(self, servers: Servers, folder: Path) -> None:
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        listener.close()
        self.child = servers.children.start(
            "web",
            [
                *(sys.executable, "-m", "gunicorn", "icrtop.wsgi"),
                *("--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "4"),
            ],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "DJANGO_SETTINGS_MODULE": "icrtop.settings.test",
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.redis_url,
                "VAR_DIR": str(servers.var),
                "TMPDIR": str(self.temporary),
            },
            orphaned=signal.SIGKILL,
        )
        wait_until(self.answers, "the web server answers")

    def answers(self) -> bool:
        assert self.child.process.poll() is None, self.child.log.read_text()
        try:
            with self.connection() as sock:
                sock.sendall(
                    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                )
                return b" 200 " in sock.recv(100)
        except OSError:
            return False

    def connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def memory(self) -> int:
        """Bytes that its processes hold."""
        process = psutil.Process(self.child.process.pid)
        return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)])

    def on_disk(self) -> int:
        return sum(path.stat().st_size for path in self.temporary.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def web(servers: Servers, tmp_path_factory) -> Iterator[Web]:
    servers.start()
    web = Web(servers, tmp_path_factory.mktemp("uploads"))
    # The first answer loads what later ones use too.
    list(stream(web, "Content-Length: 4000000", 4_000_000))
    yield web
    os.killpg(web.child.process.pid, signal.SIGTERM)
    web.child.process.wait(30)


@contextmanager
def watched(web: Web) -> Iterator[list[int]]:
    """The most memory and disk that it took more than before, filled in at the end."""
    before = web.memory()
    most = [0, 0]
    yield most
    most[0] = max(most[0], web.memory() - before)
    assert most[0] < 60 * 1024 * 1024
    assert most[1] == 0
    assert web.on_disk() == 0


def stream(web: Web, length: str, size: int, most: list[int] | None = None, chunked: bool = False):
    """Send so many bytes as far as they are taken; yields how many were, and then the answer."""
    sent, answer = 0, b""
    with web.connection() as sock:
        sock.sendall(HEAD.format(path=PATH, length=length).encode())
        try:
            body = PART
            while sent < size:
                sock.sendall(b"%x\r\n%s\r\n" % (len(body), body) if chunked else body)
                sent += len(body)
                body = PIECE[: size - sent]
                if most is not None:
                    most[1] = max(most[1], web.on_disk())
        except OSError:
            pass  # The server has hung up.
        yield sent
        try:
            while piece := sock.recv(65536):
                answer += piece
        except OSError:
            pass
    yield answer


def test_two_gigabytes_are_refused_while_they_arrive(web):
    begun = time.monotonic()
    with watched(web) as most:
        sent, _answer = stream(web, f"Content-Length: {2 * GIGABYTE}", 2 * GIGABYTE, most)
    # What has left is in the buffers of both ends, not in the server's hands.
    assert sent < 64 * 1024 * 1024
    assert time.monotonic() - begun < 60
    assert web.answers()


def test_two_gigabytes_in_chunks_are_refused_while_they_arrive(web):
    with watched(web) as most:
        chunked = stream(web, "Transfer-Encoding: chunked", 2 * GIGABYTE, most, chunked=True)
        sent, _answer = chunked
    assert sent < 64 * 1024 * 1024
    assert web.answers()


def test_whoever_waits_for_the_answer_reads_what_happened(web):
    """As a proxy does, or a browser that asks first (Expect: 100-continue)."""
    with web.connection() as sock:
        sock.sendall(HEAD.format(path=PATH, length=f"Content-Length: {2 * GIGABYTE}").encode())
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"The file is too large" in answer


def test_a_file_that_is_a_little_too_large_gets_the_page_too(web):
    size = 15 * 1024 * 1024
    with watched(web) as most:
        sent, answer = stream(web, f"Content-Length: {size}", size, most)
    assert sent >= size
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"The file is too large" in answer


def test_what_promises_less_than_it_sends_is_cut(web):
    with watched(web) as most:
        sent, _answer = stream(web, "Content-Length: 100000", GIGABYTE, most)
    assert sent < 64 * 1024 * 1024
    assert web.answers()
