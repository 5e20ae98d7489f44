"""Noticing what is published: a change that staff want told becomes an alert, once."""

import logging
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import F, Func, JSONField, TextField, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import get_active_log_context
from wagtail.models import Revision
from wagtail.signals import page_published

from icrtop.mail.nudging import nudge
from newsletter.alerts.changes import TYPES, AnnouncedPage, Change, change_of
from newsletter.models import Alert, MailingList, Topic
from pages.models import SituationPage

logger = logging.getLogger(__name__)

TASK = "newsletter.tasks.send_alerts"
# Whoever is just publishing a page notices its change within this time.
MISSED_AFTER = timedelta(minutes=1)


def connect() -> None:
    """Listen for pages that are published."""
    page_published.connect(published, dispatch_uid="notice what is to be told")


def published(instance: Any, revision: Revision | None = None, **kwargs: Any) -> None:
    # Wagtail says so as well of a page that is only scheduled.
    if isinstance(instance, TYPES) and instance.live:
        notice(instance, revision)


@transaction.atomic
def notice(page: AnnouncedPage, revision: Revision | None = None) -> Alert | None:
    """Note an alert if staff want a published page told and there is something new in it.

    The wish is fulfilled by that, or refused: it is taken back, so that the next publishing is
    silent. What is corrected in a page is corrected in its alerts.
    """
    asked = page.notify
    if asked:
        _take_back(page, revision)
    _correct(page)
    if not asked:
        return None
    change, why = change_of(page), why_silent(page)
    if change is None or why:
        logger.warning("No alert of page %d: %s", page.pk, why)
        return None
    user = get_active_log_context().user or (revision.user if revision else None)
    alert, is_new = Alert.objects.get_or_create(
        key=change.key,
        defaults={"page": page, "revision": revision, "by": user, **_facts(change)},
    )
    if is_new:
        transaction.on_commit(partial(nudge, TASK))
    return alert


def why_silent(page: AnnouncedPage) -> str:
    """Why there would be no alert of a page now, for staff; empty if there would be one."""
    if list_of_alerts() is None:
        return _("There is no open mailing list that sends alerts.")
    if page.get_view_restrictions().exists():
        return _("The page is private.")
    change = change_of(page)
    if change is None:
        if isinstance(page, SituationPage) and page.latest_assessment:
            return _("The latest assessment is a sample.")
        return _("The situation has no assessment.")
    alerts = Alert.objects.filter(page=page)
    if change.assessment:
        # Nor is an earlier one news that is added to the history later on.
        alerts = alerts.filter(topic=Topic.SITUATIONS, date__gte=change.date)
    told = alerts.first()
    if told is None:
        return ""
    if told.called_off_at:
        return _("Its alert was called off.")
    if change.assessment:
        return _("Its latest assessment was told before.")
    return _("It was told before.")


def list_of_alerts() -> MailingList | None:
    """The list that alerts go to; a closed one was taken out of service."""
    return MailingList.objects.public().filter(sends_alerts=True).first()


def notice_missed() -> None:
    """Notice changes in live pages whose publishing was cut off before it was done."""
    for model in TYPES:
        missed = model.objects.live().filter(
            notify=True, last_published_at__lt=timezone.now() - MISSED_AFTER
        )
        for page in missed.select_related("live_revision__user"):
            notice(page, page.live_revision)


def _facts(change: Change) -> dict[str, Any]:
    return {
        "title": change.page.title,
        "date": change.date,
        "topic": change.topic,
        "countries": [country.pk for country in change.countries],
        "regions": change.regions,
    }


def _take_back(page: AnnouncedPage, revision: Revision | None) -> None:
    """Switch the wish off where the next version would take it from: the page, and its versions."""
    type(page).objects.filter(pk=page.pk).update(notify=False)
    off = Func(
        F("content"),
        Value(["notify"], output_field=ArrayField(TextField())),
        Value(False, output_field=JSONField()),
        function="jsonb_set",
        output_field=JSONField(),
    )
    Revision.objects.for_instance(page).filter(content__notify=True).update(content=off)
    page.notify = False
    if revision:
        # Wagtail is about to write it into the page's aliases.
        revision.content["notify"] = False


def _correct(page: AnnouncedPage) -> None:
    """Bring the alerts of a page up to date: the letters still to come go by its countries now."""
    alerts = list(Alert.objects.filter(page=page).select_related("revision").order_by("-date"))
    change = change_of(page) if alerts else None
    if change is None:
        return
    facts = _facts(change)
    if isinstance(page, SituationPage):
        _follow_date(page, change, alerts[0])
        del facts["date"]
    Alert.objects.filter(page=page).update(**facts)


def _follow_date(page: SituationPage, change: Change, last: Alert) -> None:
    """See that a told assessment whose date is corrected is still the one that was told."""
    if last.date in {each.date.isoformat() for each in page.history}:
        return
    rows = last.revision.content.get("assessments", []) if last.revision else []
    # If the latest was there before, then the one that was told has been deleted.
    if rows and change.date not in {row["date"] for row in rows}:
        Alert.objects.filter(pk=last.pk).update(key=change.key, date=change.date)
