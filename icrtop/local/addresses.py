"""The address that the site listens on, and what is printed and linked for it."""

import errno
import ipaddress
import os
import socket
import time
from dataclasses import dataclass

import psutil

from icrtop.local.output import Failure

# How long the port of a site that was just killed may take to become free.
PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Address:
    """Where the site listens: a socket of ours, at which nobody accepts connections yet."""

    host: str
    port: int
    bound_ip: ipaddress.IPv4Address | ipaddress.IPv6Address
    listener: socket.socket

    @property
    def only_local(self) -> bool:
        """Whether the site can be reached from this machine alone."""
        return self.bound_ip.is_loopback

    @property
    def name(self) -> str:
        """The host as it stands in a link."""
        if self.bound_ip.is_unspecified:
            return "localhost"
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def url(self) -> str:
        return f"http://{self.name}:{self.port}"

    @property
    def check_at(self) -> tuple[str, int]:
        """Where to knock to see whether the site answers."""
        if self.bound_ip.is_unspecified:
            return ("::1" if self.bound_ip.version == 6 else "127.0.0.1", self.port)
        return (str(self.bound_ip), self.port)


def listen_address() -> Address:
    """Bind the address that HOST and PORT name. Raises Failure if that cannot be."""
    host = os.environ.get("HOST") or "127.0.0.1"
    port = _port(os.environ.get("PORT") or "8000")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):
        raise Failure(f"HOST={host} is no address of this machine.") from None
    family, _type, _protocol, _name, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            # Two can be bound to one port, but only one can listen: be the one from now on.
            listener.listen()
            ip, port = listener.getsockname()[:2]
            return Address(host, port, ipaddress.ip_address(ip.split("%")[0]), listener)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            raise Failure(_why_not(error, host, port)) from None


def free_loopback_socket() -> socket.socket:
    """A socket bound to a free port of this machine."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise Failure(f"PORT={text} is no port: a number from 1 to 65535 is needed.")
    return int(text)


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is in use{_by_whom(port)}. "
            f"Stop that program, or choose another port: make run PORT={port + 1}"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} needs privileges. Choose one above 1023: make run PORT=8000"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST={host} is no address of this machine."
    return f"Port {port} on {host} cannot be used: {error.strerror}."


def _by_whom(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            listens = (
                connection.status == psutil.CONN_LISTEN
                and getattr(connection.laddr, "port", 0) == port
            )
            if listens and connection.pid:
                name = psutil.Process(connection.pid).name()
                return f" by {name} (process {connection.pid})"
    except (psutil.Error, OSError):
        pass
    return ""
