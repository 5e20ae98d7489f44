"""A Redis that hangs is waited for once, not at every turn of every request."""

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import TimeoutError as RedisTimeoutError

from icrtop import ratelimit
from icrtop.breaker import redis_breaker


@pytest.fixture
def frozen_redis(monkeypatch):
    """Counts who still asks a Redis that never answers."""
    asked = []

    def hang(self, key, *args, **kwargs):
        asked.append(key)
        raise RedisTimeoutError("Timeout reading from socket")

    for name in ("get", "set", "incr"):
        monkeypatch.setattr(RedisCache, name, hang)
    yield asked
    redis_breaker.reset()


def test_the_cache_asks_once(frozen_redis):
    assert cache.get("one", "nothing") == "nothing"
    assert cache.get("two", "nothing") == "nothing"
    cache.set("three", 3)
    assert frozen_redis == ["one"]


def test_rate_limits_do_not_ask_after_the_cache(frozen_redis, monkeypatch):
    monkeypatch.setattr(ratelimit, "limiter", lambda: pytest.fail("asked"))
    cache.get("one")
    assert ratelimit.allow("1/hour", "test", "somebody")


def test_emptying_is_tried_even_so(frozen_redis):
    cache.get("one")
    cache.incr("generation")
    assert frozen_redis == ["one", "generation"]


def test_it_closes_again(frozen_redis, monkeypatch):
    cache.get("one")
    monkeypatch.setattr("icrtop.breaker.time.monotonic", lambda: redis_breaker._until + 1)
    cache.get("two")
    assert frozen_redis == ["one", "two"]
