"""The Celery application: `celery -A icrtop worker` works, `celery -A icrtop beat` is the clock."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icrtop.settings.development")

app = Celery("icrtop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
