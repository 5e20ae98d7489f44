"""The Celery application; workers run `celery -A icrtop worker`, the clock `celery -A icrtop beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icrtop.settings.development")

app = Celery("icrtop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
