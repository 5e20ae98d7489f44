"""Not waiting again and again for a Redis that does not answer."""

import time

SECONDS = 10.0


class Breaker:
    """Remembers for ten seconds that a server was away, so that a request waits for it once.

    One for each process; a server that is back is noticed when the time is over.
    """

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self._until

    def trip(self) -> None:
        """The server did not answer: leave it alone for a while."""
        self._until = time.monotonic() + SECONDS

    def reset(self) -> None:
        self._until = 0.0


redis_breaker = Breaker()
