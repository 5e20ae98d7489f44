"""Settings of the test suite: the development site without its shortcuts, and quick passwords."""

import os

from icrtop.local.redis_urls import numbered

# Processes that test side by side get a numbered database each.
if _worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["REDIS_URL"] = numbered(
        os.environ["REDIS_URL"], 10 + int(_worker.removeprefix("gw"))
    )

from .base import *

DEBUG = False
SECRET_KEY = "test-only-" + "x" * 50
ALLOWED_HOSTS = ["*"]
BASE_URL = WAGTAILADMIN_BASE_URL = "http://testserver"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# A pool keeps connections that dropping the database waits for.
del DATABASES["default"]["OPTIONS"]["pool"]
