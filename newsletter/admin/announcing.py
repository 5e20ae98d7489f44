"""What staff are told when they publish something that others are to be told."""

from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.models import Page

from icrtop.mail.admin.wording import numbered
from newsletter.alerts.changes import TYPES
from newsletter.alerts.matching import count_readers
from newsletter.alerts.noticing import list_of_alerts, why_silent
from newsletter.models import Alert, Frequency


def after_publishing(request: HttpRequest, page: Page) -> None:
    """Say who is told of a page that was just published with the wish for it, or why nobody is."""
    if not (isinstance(page, TYPES) and "notify" in request.POST):
        return
    if not page.live or page.approved_schedule:
        messages.info(request, _("The alert goes out when this version is published."))
    elif alert := _alert_of(page):
        messages.info(request, who_is_told(alert))
    else:
        messages.warning(request, _("No alert was sent. %s") % why_silent(page))


def after_moderating(request: HttpRequest, page: Page) -> None:
    """Say who is told of a page that an approval has just published."""
    if not (isinstance(page, TYPES) and "action-workflow-action" in request.POST):
        return
    published = type(page).objects.get(pk=page.pk)
    if published.live and (alert := _alert_of(published)):
        messages.info(request, who_is_told(alert))


def who_is_told(alert: Alert) -> str:
    """How many an alert is for, at once and in the next digests."""
    mailing_list = list_of_alerts()
    readers = count_readers(mailing_list, alert) if mailing_list else {}
    if not readers:
        return _("An alert was made, but nobody who gets alerts follows this.")
    now = readers.get(Frequency.AT_ONCE, 0)
    text = ngettext(
        "An alert goes out: to %(number)s reader at once,",
        "An alert goes out: to %(number)s readers at once,",
        now,
    )
    rest = _("to %(daily)s with the next daily digest and to %(weekly)s with the weekly one.") % {
        "daily": intcomma(readers.get(Frequency.DAILY, 0)),
        "weekly": intcomma(readers.get(Frequency.WEEKLY, 0)),
    }
    return f"{numbered(text, now)} {rest}"


def _alert_of(page: Page) -> Alert | None:
    """The alert that the published version of a page gave rise to."""
    if page.live_revision_id is None:
        return None
    return Alert.objects.filter(page=page.pk, revision=page.live_revision_id).first()
