"""Settings of `make run` and `make dev`: a site on this machine, that anyone can try."""

from .base import *

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="development-only-" + "x" * 50)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

# The letters that the local SMTP sink has received, readable at /dev/mail/.
DEV_MAIL_DIR = VAR_DIR / "mail"

if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # A template that is being written must show at once.
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
