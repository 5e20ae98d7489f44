"""Limits on how often one client, or one address, may use a public form.

The counts live in Redis and are shared by all processes. While Redis is away nothing is limited: a
form that answers is worth more than a limit.
"""

import logging
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from icrtop.breaker import redis_breaker

logger = logging.getLogger(__name__)


def client_address(request: HttpRequest) -> str:
    """The address that a request came from, looking behind as many proxies as are trusted.

    Of an IPv6 address it is the network, its first 64 bits: whoever has one address has all of it.
    """
    return _as_counted(_nearest_untrusted(request))


def _nearest_untrusted(request: HttpRequest) -> str:
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    hops = settings.TRUSTED_PROXIES
    if hops and len(forwarded) >= hops and forwarded[-hops]:
        return forwarded[-hops]
    return request.META.get("REMOTE_ADDR", "")


def _as_counted(address: str) -> str:
    if "." in address:  # Some proxies write down the port too.
        address = address.partition(":")[0] if address.count(":") == 1 else address
    elif address.startswith("["):
        address = address[1:].partition("]")[0]
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), 64), strict=False))


def allow(limit: str, scope: str, subject: str) -> bool:
    """Count one use and say whether it is within the limit.

    `limit` is written as in "5/hour", `scope` names what is limited, `subject` is who: it is kept
    only as a keyed hash.
    """
    return _ask("hit", limit, scope, subject)


def has_room(limit: str, scope: str, subject: str) -> bool:
    """Say whether one more use would be within the limit, without counting one."""
    return _ask("test", limit, scope, subject)


def _ask(method: str, limit: str, scope: str, subject: str) -> bool:
    if redis_breaker.is_open:
        return True
    who = salted_hmac("icrtop.ratelimit", subject.lower(), algorithm="sha256").hexdigest()
    try:
        answer: bool = getattr(limiter(), method)(parse(limit), scope, who)
    except (RedisError, OSError) as error:
        logger.warning("Rate limits are off, Redis is away: %s", error)
        redis_breaker.trip()
        return True
    return answer


@cache
def limiter() -> MovingWindowRateLimiter:
    """What counts in Redis, for all processes alike. Its methods raise RedisError and OSError."""
    uri = settings.REDIS_URL.replace("unix://", "redis+unix://", 1)
    return MovingWindowRateLimiter(
        storage_from_string(uri, socket_timeout=1, socket_connect_timeout=1)
    )
