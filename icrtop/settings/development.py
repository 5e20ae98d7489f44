"""Settings of `make run` and `make dev`: a site on this machine, that anyone can try."""

from urllib.parse import quote

from .base import *

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="development-only-" + "x" * 50)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

# The letters that the local SMTP sink has received, readable at /dev/mail/.
DEV_MAIL_DIR = VAR_DIR / "mail"

# What comes back: see `manage.py sample_bounces`. Letters that are really sent need a real address.
if urlsplit(SMTP_URL).hostname in ("localhost", "127.0.0.1"):
    MAIL_BOUNCE_ADDRESS = MAIL_BOUNCE_ADDRESS or "bounces@localhost"
    BOUNCE_MAILBOX = BOUNCE_MAILBOX or f"maildir://{quote(str(VAR_DIR / 'bounces'))}"

if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # A template that is being written must show at once.
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
