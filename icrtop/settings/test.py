"""Settings of the test suite: the development site without its shortcuts, and quick passwords."""

from .base import *

DEBUG = False
SECRET_KEY = "test-only-" + "x" * 50
ALLOWED_HOSTS = ["*"]
BASE_URL = WAGTAILADMIN_BASE_URL = "http://testserver"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# A pool keeps connections that dropping the database waits for.
del DATABASES["default"]["OPTIONS"]["pool"]
