"""Asking other sites whether the pages that a bulletin links to are there.

Staff write the addresses, and the server asks: so it asks public addresses only, whatever a name
or a redirect leads to, reads no more than the head of an answer, and keeps no cookies.
"""

import asyncio
import hashlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.core.cache import cache
from django.utils.translation import gettext as _

SECONDS_EACH = 5.0
SECONDS_IN_ALL = 25.0
AT_A_TIME = 8
REDIRECTS = 5
HEAD_BYTES = 32 * 2**10
KEPT_SECONDS = 60 * 60
PORTS = {"http": 80, "https": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses of these kinds lead on to IPv4 addresses that could be anybody's (RFC 6052, RFC 3056).
TRANSLATED = [ipaddress.ip_network(one) for one in ("64:ff9b::/96", "2002::/16", "2001::/32")]


class Unreachable(Exception):
    """The address leads nowhere; the message says why."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, not of this machine or its networks."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in TRANSLATED):
            return False
    return address.is_global and not address.is_multicast


def failing_links(
    urls: Iterable[str],
    *,
    may_ask: Callable[[Address], bool] = is_public,
    seconds: float = SECONDS_IN_ALL,
) -> dict[str, str]:
    """Those of some http and https addresses that lead nowhere, each with the reason.

    What was found is kept for an hour, but for those that there was no time for. Only servers whose
    address `may_ask` allows are asked. Takes `seconds` at most.
    """
    keys = {url: f"link:{hashlib.sha256(url.encode()).hexdigest()}" for url in dict.fromkeys(urls)}
    known = cache.get_many(list(keys.values()))
    found: dict[str, str] = {url: known[key] for url, key in keys.items() if key in known}
    unknown = [url for url in keys if url not in found]
    if unknown:
        answers = asyncio.run(_ask_all(unknown, may_ask, seconds))
        cache.set_many({keys[url]: reason for url, reason in answers.items()}, KEPT_SECONDS)
        found |= {url: answers.get(url, _("There was no time to try it.")) for url in unknown}
    return {url: found[url] for url in keys if found[url]}


async def _ask_all(
    urls: list[str], may_ask: Callable[[Address], bool], seconds: float
) -> dict[str, str]:
    """For each address why it leads nowhere, or empty; those that took too long are missing."""
    found: dict[str, str] = {}
    free = asyncio.Semaphore(AT_A_TIME)
    # Names that nobody answers for must not hold up the end of the whole.
    resolvers = ThreadPoolExecutor(AT_A_TIME)

    async def ask(url: str) -> None:
        async with free:
            try:
                await _Asking(resolvers, may_ask).follow(url)
                found[url] = ""
            except Unreachable as error:
                found[url] = str(error)

    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
                for url in urls:
                    tasks.create_task(ask(url))
    finally:
        resolvers.shutdown(wait=False, cancel_futures=True)
    return found


class _Asking:
    """One address, and where it redirects to."""

    def __init__(self, resolvers: ThreadPoolExecutor, may_ask: Callable[[Address], bool]) -> None:
        self.resolvers = resolvers
        self.may_ask = may_ask

    async def follow(self, url: str) -> None:
        """Raises Unreachable unless the address, or where it leads to, answers with a page."""
        for _hop in range(REDIRECTS + 1):
            status, location = await self._ask("HEAD", url)
            if status >= HTTPStatus.BAD_REQUEST:
                # Not every server answers HEAD as it would answer a reader.
                status, location = await self._ask("GET", url)
            if status < HTTPStatus.MULTIPLE_CHOICES:
                return
            if status >= HTTPStatus.BAD_REQUEST or not location:
                raise Unreachable(_("It answers with %s.") % _status_name(status))
            url = urljoin(url, location)
        raise Unreachable(_("It redirects on and on."))

    async def _ask(self, method: str, url: str) -> tuple[int, str]:
        """Status and Location of the answer."""
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS[parts.scheme]
            host = (parts.hostname or "").encode("idna").decode()
        except (KeyError, ValueError) as error:
            raise Unreachable(_("It is no address of a page.")) from error
        if not host:
            raise Unreachable(_("It is no address of a page."))
        try:
            async with asyncio.timeout(SECONDS_EACH):
                return await self._talk(method, parts, host, port)
        except TimeoutError as error:
            raise Unreachable(_("It does not answer within %d seconds.") % SECONDS_EACH) from error
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(_("Its certificate is not valid.")) from error
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
            raise Unreachable(_("It cannot be reached.")) from error

    async def _talk(self, method: str, parts: SplitResult, host: str, port: int) -> tuple[int, str]:
        address = await self._resolve(host, port)
        is_secure = parts.scheme == "https"
        reader, writer = await asyncio.open_connection(
            address,
            port,
            ssl=ssl.create_default_context() if is_secure else None,
            server_hostname=host if is_secure else None,
            limit=HEAD_BYTES,
        )
        try:
            path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
            query = f"?{quote(parts.query, safe='/?%:@!$&()*+,;=~-._')}" if parts.query else ""
            name = f"[{host}]" if ":" in host else host
            writer.write(
                f"{method} {path}{query} HTTP/1.1\r\n"
                f"Host: {name if port == PORTS[parts.scheme] else f'{name}:{port}'}\r\n"
                "User-Agent: Mozilla/5.0 (compatible; link check before a newsletter)\r\n"
                "Accept: */*\r\nConnection: close\r\n\r\n".encode("ascii")
            )
            return _status_and_location(await reader.readuntil(b"\r\n\r\n"))
        finally:
            writer.transport.abort()  # The rest of the answer is of no interest.

    async def _resolve(self, host: str, port: int) -> str:
        """An address of the host; refused if it has one that may not be asked."""
        lookup = asyncio.get_running_loop().run_in_executor(
            self.resolvers, socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM
        )
        try:
            # A link-local address has its interface after a per cent sign.
            found = [str(one[4][0]).partition("%")[0] for one in await lookup]
        except OSError as error:
            raise Unreachable(_("There is no site of this name.")) from error
        if not all(self.may_ask(ipaddress.ip_address(one)) for one in found):
            raise Unreachable(_("It is not on the public internet."))
        return found[0]


def _status_and_location(head: bytes) -> tuple[int, str]:
    """Raises ValueError for what is no answer of HTTP/1."""
    first, _line_end, rest = head.partition(b"\r\n")
    version, status = first.split(b" ")[:2]
    if not version.startswith(b"HTTP/1.") or not 100 <= int(status) <= 999:
        raise ValueError(first)
    location = ""
    for line in rest.split(b"\r\n"):
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"location":
            location = value.strip().decode("utf-8", "replace")
    return int(status), location


def _status_name(status: int) -> str:
    with suppress(ValueError):
        return f"{status} ({HTTPStatus(status).phrase})"
    return str(status)
