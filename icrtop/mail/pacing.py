"""Limits on how fast letters leave, shared by all workers on all machines.

The counts are in Redis. A worker that cannot ask sends nothing: letters wait safely, and a limit
that the mail server's owner has set holds also while something else is broken.
"""

import time
from typing import NamedTuple

from django.conf import settings
from limits import RateLimitItem, parse
from redis.exceptions import RedisError

from icrtop.ratelimit import limiter

SCOPE = "mail"
SHORTEST_WAIT = 0.02
ANY_DOMAIN = "*"


class PaceUnknown(Exception):
    """Redis is away, so nobody knows what other workers have sent."""


class Turn(NamedTuple):
    """How many seconds a letter has to wait (0: it may go), and whether every other has to, too."""

    wait: float
    everybody: bool = False


GO = Turn(0.0)


class Pace:
    """The limits as one worker keeps to them."""

    def __init__(self) -> None:
        self.is_limited = bool(settings.MAIL_RATE or settings.MAIL_DOMAIN_RATES)
        # Until when the letters are put off that this worker had to put off, by domain.
        self._put_off: dict[str, float] = {}

    def take_turn(self, domain: str, *, urgent: bool) -> Turn:
        """Count one letter to a recipient's domain, if the limits have room for it now.

        Letters that are not urgent are put off one behind the other, so that they do not all come
        back at once. Raises PaceUnknown.
        """
        if not self.is_limited:
            return GO
        try:
            turn = _take_turn(domain)
        except (RedisError, OSError) as error:
            raise PaceUnknown(str(error)) from error
        if not turn.wait or turn.everybody or urgent:
            return turn
        now = time.monotonic()
        at = max(now + turn.wait, self._put_off.get(domain, 0.0))
        rate = _domain_rate(domain)
        self._put_off[domain] = at + (rate.get_expiry() / rate.amount if rate else 0.0)
        return Turn(at - now)


def _take_turn(domain: str) -> Turn:
    of_domain = _domain_rate(domain)
    if of_domain and not limiter().test(of_domain, SCOPE, domain):
        return Turn(_seconds_until_room(of_domain, domain))
    if settings.MAIL_RATE and not limiter().hit(parse(settings.MAIL_RATE), SCOPE):
        return Turn(_seconds_until_room(parse(settings.MAIL_RATE)), everybody=True)
    # Another worker may have been faster since the test.
    if of_domain and not limiter().hit(of_domain, SCOPE, domain):
        return Turn(_seconds_until_room(of_domain, domain))
    return GO


def _domain_rate(domain: str) -> RateLimitItem | None:
    """The limit for a domain, or the one for any that has none of its own."""
    rates = settings.MAIL_DOMAIN_RATES
    rate = rates.get(domain) or rates.get(ANY_DOMAIN)
    return parse(rate) if rate else None


def _seconds_until_room(rate: RateLimitItem, *domain: str) -> float:
    reset = limiter().get_window_stats(rate, SCOPE, *domain).reset_time
    return max(reset - time.time(), SHORTEST_WAIT)
