"""What the clock does without anybody."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from pages.models import SectionPage
from pages.tasks import publish_scheduled
from tests.pages.trees import add_page


def test_what_is_scheduled_is_published_when_its_time_has_come(
    content, home, django_capture_on_commit_callbacks
):
    page = add_page(home, SectionPage, "Later")
    page.unpublish()
    page.go_live_at = timezone.now() + timedelta(hours=1)
    page.save_revision(approved_go_live_at=page.go_live_at)
    publish_scheduled()
    assert Client().get("/later/").status_code == 404

    early = timezone.now() - timedelta(minutes=1)
    page.go_live_at = early
    page.save_revision(approved_go_live_at=early)
    with django_capture_on_commit_callbacks(execute=True):
        publish_scheduled()
    assert Client().get("/later/").status_code == 200
