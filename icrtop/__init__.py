"""The project: settings, URLs, and the apps that all others stand on."""

from icrtop.celery import app as celery_app

__all__ = ["celery_app"]
