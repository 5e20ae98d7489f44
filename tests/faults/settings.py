"""Settings of the processes that these tests start: those of a site that serves, in a hurry."""

from icrtop.settings.base import *

SECRET_KEY = "test-only-" + "x" * 50
BASE_URL = WAGTAILADMIN_BASE_URL = "http://testserver"

# Tests wait for the sweep.
CELERY_BEAT_SCHEDULE["send due mail"]["schedule"] = 1.0
