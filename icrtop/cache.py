"""The cache, and the cache of whole pages that is emptied by every change of content.

A page is kept under the site's *generation*, a number in the cache. Whatever changes what visitors
see raises it, after the change is committed, and so leaves every page kept before behind. A page is
thus never older than the last change; nothing needs to know which pages show what.
"""

import hashlib
import logging
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.db import transaction
from django.http import HttpRequest
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

GENERATION_KEY = "page-generation"
# Bounds how long a page can be stale when the cache was away while content changed, and how late
# what depends on the clock alone (an event that is over) is noticed.
PAGE_SECONDS = 60


def _soft(name: str, fallback: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(super(SoftRedisCache, self), name)(*args, **kwargs)
        except (RedisError, OSError) as error:
            logger.warning("The cache is away (%s): %s", name, error)
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
    clear = _soft("clear", lambda: False)


def page_key(request: HttpRequest) -> str | None:
    """The key under which the answer to this request is kept; None while the cache is away."""
    generation = cache.get(GENERATION_KEY)
    if generation is None:
        cache.add(GENERATION_KEY, 1, timeout=None)
        generation = cache.get(GENERATION_KEY)
    if generation is None:
        return None
    address = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
    return f"page:{generation}:{hashlib.sha256(address.encode()).hexdigest()}"


def empty_page_cache() -> None:
    """Leave every kept page behind, once the present transaction is committed."""
    transaction.on_commit(_next_generation)


def _next_generation() -> None:
    try:
        cache.incr(GENERATION_KEY)
    except ValueError:
        cache.add(GENERATION_KEY, 1, timeout=None)
    except (RedisError, OSError) as error:
        logger.warning("The page cache could not be emptied: %s", error)
