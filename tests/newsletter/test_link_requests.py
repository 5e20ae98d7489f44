"""Asking other sites for the pages that a bulletin links to, and never our own network."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from newsletter import link_requests
from newsletter.link_requests import REDIRECTS, failing_links, is_public


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says, and notes what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        what, _slash, rest = self.path.strip("/").partition("/")
        if what == "to":
            self.answer(302, Location=f"/{rest}" if not rest.startswith("http:") else rest)
        elif what == "round":
            self.answer(301, Location="/round/")
        elif what == "get-only":
            self.answer(405 if self.command == "HEAD" else 200)
        elif what == "cookie":
            self.answer(302, Location="/200/", **{"Set-Cookie": "a=b"})
        elif what == "nonsense":
            self.wfile.write(b"This is no HTTP.\r\n\r\n")
            self.close_connection = True
        elif what == "endless":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000)
            self.close_connection = True
        elif what == "hangs":
            self.server.hold.wait(30)
        else:
            self.answer(int(what))

    do_GET = do_HEAD  # noqa: N815 # The name that the server looks for.

    def answer(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.hold = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.hold.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def ask(server):
    """Give it paths of the server for the reasons why they lead nowhere, by path."""

    def run(*paths, **options):
        base = f"http://127.0.0.1:{server.server_port}"
        options.setdefault("may_ask", lambda address: address.is_loopback)
        found = failing_links([f"{base}{path}" for path in paths], **options)
        return {url.removeprefix(base): reason for url, reason in found.items()}

    return run


def test_pages_that_are_there_are_not_named(ask):
    assert ask("/200/", "/204/", "/to/200/", "/to/to/200/") == {}


@pytest.mark.parametrize("path", ["/404/", "/410/", "/500/", "/to/404/", "/599/"])
def test_those_that_are_not_are_named_with_what_was_answered(ask, path):
    (reason,) = ask("/200/", path).values()
    assert path.strip("/").removeprefix("to/") in reason


def test_a_server_that_knows_no_head_is_asked_as_a_reader_would(ask, server):
    assert ask("/get-only/") == {}
    assert [one[0] for one in server.asked] == ["HEAD", "GET"]


def test_redirects_end(ask, server):
    assert ask("/round/") == {"/round/": "It redirects on and on."}
    assert len(server.asked) == REDIRECTS + 1


@pytest.mark.parametrize("path", ["/nonsense/", "/endless/"])
def test_what_is_no_answer_counts_as_none(ask, path):
    assert ask(path) == {path: "It cannot be reached."}


def test_what_nobody_listens_to_cannot_be_reached(ask, server):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        found = failing_links([url], may_ask=lambda address: True)
    assert found == {url: "It cannot be reached."}


def test_who_never_answers_is_waited_for_no_longer_than_allowed(ask, monkeypatch):
    monkeypatch.setattr(link_requests, "SECONDS_EACH", 0.2)
    (reason,) = ask("/hangs/").values()
    assert "does not answer" in reason


def test_the_whole_takes_no_longer_than_allowed_and_says_what_was_not_tried(ask, server):
    paths = [f"/hangs/{number}" for number in range(20)]
    found = ask("/200/", *paths, seconds=0.5)
    assert set(found) == set(paths)
    assert set(found.values()) == {"There was no time to try it."}
    server.hold.set()
    assert "/200/" not in ask("/200/")


def test_what_was_found_is_kept_for_the_next_time(ask, server):
    first = ask("/200/", "/404/")
    asked = len(server.asked)
    assert ask("/200/", "/404/") == first
    assert len(server.asked) == asked


def test_what_there_was_no_time_for_is_tried_again(ask, server):
    assert ask("/hangs/", seconds=0.3)
    server.hold.set()
    before = len(server.asked)
    ask("/hangs/")
    assert len(server.asked) > before


def test_no_more_than_a_few_are_asked_at_a_time(ask, server):
    ask(*[f"/hangs/{number}" for number in range(30)], seconds=0.5)
    assert len(server.asked) <= link_requests.AT_A_TIME


def test_no_cookie_is_sent_and_each_address_is_asked_once(ask, server):
    assert ask("/cookie/", "/cookie/") == {}
    assert [one[1] for one in server.asked] == ["/cookie/", "/200/"]
    assert not any("Cookie" in headers for _command, _path, headers in server.asked)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",  # noqa: S104
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001:0:7f00:1::",
    ],
)  # fmt: skip
def test_addresses_of_machines_and_their_networks_are_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:1.1.1.1"])
def test_others_are(address):
    assert is_public(ipaddress.ip_address(address))


@contextmanager
def names(monkeypatch, **addresses) -> Iterator[None]:
    """Within it, names mean addresses of our choice."""
    known = socket.getaddrinfo

    def resolve(host, port, *args):
        found = addresses.get(str(host).replace(".", "_"))
        if found is None:
            return known(host, port, *args)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        yield


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0", "2130706433", "0x7f.1"])
def test_this_machine_is_never_asked(host, server):
    url = f"http://{host}:{server.server_port}/200/"
    assert list(failing_links([url])) == [url]
    assert server.asked == []


def test_a_name_that_means_this_machine_is_not_asked(server, monkeypatch):
    url = f"http://inner.example:{server.server_port}/200/"
    with names(monkeypatch, inner_example=["127.0.0.1"]):
        assert failing_links([url]) == {url: "It is not on the public internet."}
    assert server.asked == []


def test_a_name_that_means_both_is_not_asked(server, monkeypatch):
    url = f"http://both.example:{server.server_port}/200/"
    with names(monkeypatch, both_example=["1.1.1.1", "127.0.0.1"]):
        assert failing_links([url]) == {url: "It is not on the public internet."}
    assert server.asked == []


def test_a_redirect_into_our_network_is_not_followed(ask, server):
    """The first address may be asked, the one that it redirects to may not."""
    with socket.create_server(("127.0.0.2", 0)) as inner:
        inner.settimeout(0.2)
        path = f"/to/http://127.0.0.2:{inner.getsockname()[1]}/"
        allowed = ipaddress.ip_address("127.0.0.1")
        found = ask(path, may_ask=lambda address: address == allowed)
        assert found == {path: "It is not on the public internet."}
        with pytest.raises(TimeoutError):
            inner.accept()


def test_a_redirect_to_another_scheme_is_not_followed(ask):
    (reason,) = ask("/to/http:file:///etc/passwd").values()
    assert reason


def test_a_name_that_nobody_knows(monkeypatch):
    def unknown(*args):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    url = "https://nobody.example/"
    assert failing_links([url]) == {url: "There is no site of this name."}


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "https://", "http://a.example:99999/", "http://[::1", "x", "a b://"]
)
def test_what_is_no_address_of_a_page(url):
    assert failing_links([url]) == {url: "It is no address of a page."}


def test_addresses_with_spaces_and_other_letters_are_asked_as_browsers_ask_them(ask, server):
    assert ask("/200/é ü?q=ä b") == {}
    assert server.asked[0][1] == "/200/%C3%A9%20%C3%BC?q=%C3%A4%20b"


def test_nothing_to_ask_is_nothing():
    assert failing_links([]) == {}
