"""Loaded by a worker that has had enough of sending as soon as it has begun."""

import functools

from icrtop.mail import sending

sending.send_due = functools.partial(sending.send_due, 0.0)
