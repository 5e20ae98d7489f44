"""The cache, and the cache of whole pages that is emptied by every change of content.

A page is kept under the site's *generation*, a number in the cache. Whatever changes what visitors
see raises it, after the change is committed, and so leaves every page kept before behind. A page is
thus never older than the last change; nothing needs to know which pages show what.
"""

import hashlib
import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from icrtop.breaker import redis_breaker

logger = logging.getLogger(__name__)

GENERATION_KEY = "page-generation"
# Bounds how long a page can be stale when the cache was away while content changed, and how late
# what depends on the clock alone (an event that is over) is noticed.
PAGE_SECONDS = 60
# How much may be kept in PAGE_SECONDS of plain addresses, and again of those with a query.
ROOM_BYTES = 32 * 2**20


def _soft(name: str, fallback: Callable[..., Any], *, always: bool = False) -> Callable[..., Any]:
    def method(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        if redis_breaker.is_open and not always:
            return fallback(*args, **kwargs)
        try:
            return getattr(super(SoftRedisCache, self), name)(*args, **kwargs)
        except (RedisError, OSError) as error:
            logger.warning("The cache is away (%s): %s", name, error)
            redis_breaker.trip()
            return fallback(*args, **kwargs)

    return method


class SoftRedisCache(RedisCache):
    """Django's Redis cache, for which a server that is away is an empty one, not an error."""

    get = _soft("get", lambda key, default=None, version=None: default)
    get_many = _soft("get_many", lambda keys, version=None: {})
    set = _soft("set", lambda *args, **kwargs: None)
    set_many = _soft("set_many", lambda *args, **kwargs: [])
    add = _soft("add", lambda *args, **kwargs: False)
    touch = _soft("touch", lambda *args, **kwargs: False)
    delete = _soft("delete", lambda *args, **kwargs: False)
    delete_many = _soft("delete_many", lambda *args, **kwargs: None)
    has_key = _soft("has_key", lambda *args, **kwargs: False)
    # What empties the page cache is tried even so: other processes may be reading from it.
    incr = _soft("incr", lambda key, delta=1, version=None: delta, always=True)
    clear = _soft("clear", lambda: False)


def page_key(request: HttpRequest, encoding: str) -> str | None:
    """The key under which the answer in this encoding is kept; None while the cache is away."""
    generation = cache.get(GENERATION_KEY)
    if generation is None:
        _begin()
        generation = cache.get(GENERATION_KEY)
    if generation is None:
        return None
    address = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
    return f"page:{generation}:{hashlib.sha256(address.encode()).hexdigest()}:{encoding}"


def kept_page(key: str) -> HttpResponse | None:
    """The answer that is kept under this key, as it went out the first time."""
    kept = cache.get(key)
    if kept is None:
        return None
    content, headers = kept
    return HttpResponse(content, headers=headers)


def keep_page(request: HttpRequest, key: str, response: HttpResponse) -> None:
    """Keep an answer, unless more has been kept within the minute than there is room for.

    Addresses with a query have a room of their own: there is no end of them, and whoever asks for
    thousands takes neither the room of plain ones nor the server's memory.
    """
    room = f"page-room:{'query' if request.META.get('QUERY_STRING') else 'plain'}"
    cache.add(room, 0, PAGE_SECONDS)
    try:
        taken = cache.incr(room, len(response.content))
    except ValueError:  # The minute ended between the two.
        return
    if taken <= ROOM_BYTES:
        # Plain values: what one release of the site kept, the next can read.
        cache.set(key, (response.content, dict(response.items())), PAGE_SECONDS)


def empty_page_cache() -> None:
    """Leave every kept page behind, once the present transaction is committed."""
    transaction.on_commit(_next_generation)


def _begin() -> None:
    # Counted from the clock: when the number is lost, the next is greater than any before it.
    cache.add(GENERATION_KEY, time.time_ns(), timeout=None)


def _next_generation() -> None:
    try:
        cache.incr(GENERATION_KEY)
    except ValueError:
        _begin()
