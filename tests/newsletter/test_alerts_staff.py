"""Alerts as staff see them: what publishing says, the list, one alert, and calling it off."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, TaskState
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from icrtop.mail import control
from icrtop.mail.models import Suppression
from newsletter.alerts import sending
from newsletter.models import Alert, Frequency, MailingList
from pages.models import DevelopmentPage
from tests.newsletter.alerting import at, follower, letters_to, publish, published_at, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("content")]

PUBLISH = {"action-publish": "1"}


@pytest.fixture
def development() -> DevelopmentPage:
    """A development at the United Nations that nobody was told of."""
    return DevelopmentPage.objects.live().filter(level="un").first()


def edit(client: Client, page: Page, *, notify: bool, **values):
    """Send the editor's form; return the page that follows, with its messages."""
    form = {
        "title": page.title,
        "slug": page.slug,
        "level": page.level,
        "date": page.date,
        "body": streamfield([]),
        "comments": inline_formset([]),
        **({"notify": "on"} if notify else {}),
        **values,
    }
    url = reverse("wagtailadmin_pages:edit", args=[page.pk])
    return client.post(url, nested_form_data(form), follow=True).content.decode()


def test_publishing_says_how_many_are_told_and_when(secretariat, development):
    for frequency, number in zip(Frequency, (2, 3, 1), strict=True):
        for _ in range(number):
            follower("un", frequency=frequency)
    bounced = follower("un")
    Suppression.objects.create(normalised=bounced.normalised, reason="bounced")
    html = edit(secretariat, development, notify=True, **PUBLISH)
    assert "An alert goes out: to 2 readers at once," in html
    assert "to 3 with the next daily digest and to 1 with the weekly one." in html
    alert = Alert.objects.get()
    assert alert.by.email == "secretariat@example.org"


def test_publishing_says_when_nobody_follows_it(secretariat, development):
    assert "nobody who gets alerts follows this" in edit(
        secretariat, development, notify=True, **PUBLISH
    )


def test_publishing_again_says_that_it_was_told(secretariat, development):
    publish(development)
    html = edit(secretariat, development, notify=True, **PUBLISH)
    assert "No alert was sent. It was told before." in html


def test_publishing_without_a_list_of_alerts_says_so(secretariat, development):
    MailingList.objects.filter(sends_alerts=True).update(sends_alerts=False)
    html = edit(secretariat, development, notify=True, **PUBLISH)
    assert "No alert was sent. There is no open mailing list that sends alerts." in html


def test_publishing_without_the_wish_says_nothing_of_alerts(secretariat, development):
    assert "alert goes out" not in edit(secretariat, development, notify=False, **PUBLISH)
    assert not Alert.objects.exists()


@pytest.mark.parametrize("is_live", [True, False])
def test_scheduling_says_that_the_alert_comes_then(secretariat, development, is_live):
    if not is_live:
        development.unpublish()
    later = timezone.now() + datetime.timedelta(days=2)
    html = edit(
        secretariat,
        development,
        notify=True,
        go_live_at=later.strftime("%Y-%m-%d %H:%M"),
        **PUBLISH,
    )
    assert "The alert goes out when this version is published." in html
    assert not Alert.objects.exists()


def test_what_an_editor_submits_is_told_when_it_is_approved(editor, secretariat, development):
    reader = follower("un")
    edit(editor, development, notify=True, **{"action-submit": "1"})
    assert not Alert.objects.exists()
    task = TaskState.objects.get(status="in_progress")
    development = DevelopmentPage.objects.get(pk=development.pk)
    html = edit(
        secretariat,
        development,
        notify=True,
        **{
            "action-workflow-action": "1",
            "workflow-action-name": "approve",
            "workflow-action-extra-data": "{}",
        },
    )
    task.refresh_from_db()
    assert task.status == "approved"
    alert = Alert.objects.get()
    assert alert.by.email == "secretariat@example.org"
    assert "An alert goes out: to 1 reader at once," in html
    sending.send_at_once()
    assert told(reader) == [alert.pk]


def test_the_edit_form_shows_what_was_told(secretariat, development):
    url = reverse("wagtailadmin_pages:edit", args=[development.pk])
    assert "No alert was sent of this page." in secretariat.get(url).content.decode()
    publish(development)
    html = secretariat.get(url).content.decode()
    assert "An alert was sent on" in html
    assert 'name="notify"' in html
    assert 'id="id_notify" checked' not in html


@pytest.fixture
def alert(development) -> Alert:
    """Told to two at once, in one message; the digests are still to come."""
    for _ in range(2):
        follower("un")
    follower("un", frequency=Frequency.WEEKLY)
    publish(development)
    sending.send_at_once()
    return Alert.objects.get()


def test_the_list_of_alerts(secretariat, alert, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        html = secretariat.get(reverse("alerts:index")).content.decode()
    assert alert.title in html
    assert "Told at once; digests to come" in html
    searched = secretariat.get(reverse("alerts:index"), {"q": "nothing of the kind"})
    assert alert.title not in searched.content.decode()


def test_the_page_of_an_alert_leads_to_its_messages(
    secretariat, alert, django_assert_max_num_queries
):
    (message,) = alert.messages.all()
    with django_assert_max_num_queries(30):
        html = secretariat.get(reverse("alerts:inspect", args=[alert.pk])).content.decode()
    assert reverse("messages:inspect", args=[message.pk]) in html
    assert reverse("wagtailadmin_pages:edit", args=[alert.page_id]) in html
    assert reverse("alerts:call_off", args=[alert.pk]) in html


def test_an_alert_whose_page_and_author_are_gone_can_be_looked_at(secretariat, alert):
    alert.page.delete()
    Alert.objects.update(by=None)
    html = secretariat.get(reverse("alerts:inspect", args=[alert.pk])).content.decode()
    assert "It was deleted." in html
    assert secretariat.get(reverse("alerts:index")).status_code == 200


def test_an_alert_that_is_called_off_is_in_no_digest(secretariat, alert):
    published_at(alert, at(2026, 11, 22))
    Alert.objects.update(created=timezone.now())
    url = reverse("alerts:call_off", args=[alert.pk])
    html = secretariat.get(url).content.decode()
    assert "2 letters with it were queued already." in html
    assert Alert.objects.get().called_off_at is None
    answer = secretariat.post(url, follow=True)
    assert "It is called off" in answer.content.decode()
    alert.refresh_from_db()
    assert alert.called_off_by.email == "secretariat@example.org"
    sending.send_digests(timezone.now() + datetime.timedelta(days=8))
    assert alert.messages.count() == 1
    again = secretariat.post(url, follow=True)
    assert "Nothing was done" in again.content.decode()


def test_an_alert_that_no_digest_can_carry_any_more_is_not_offered_to_be_called_off(
    secretariat, alert
):
    Alert.objects.update(created=timezone.now() - datetime.timedelta(days=16))
    url = reverse("alerts:call_off", args=[alert.pk])
    inspected = secretariat.get(reverse("alerts:inspect", args=[alert.pk]))
    assert url not in inspected.content.decode()
    assert "Nothing was done" in secretariat.get(url, follow=True).content.decode()


def test_cancelling_the_message_stops_what_was_queued_at_once(alert):
    (message,) = alert.messages.all()
    control.cancel(message, "")
    states = set(message.deliveries.values_list("state", flat=True))
    assert states == {"cancelled"}


@pytest.mark.parametrize(
    ("group", "status"), [("Listserv", 200), ("Secretariat", 200), ("Editors", 302)]
)
def test_who_sees_alerts(staff_of, alert, group, status):
    assert staff_of(group).get(reverse("alerts:index")).status_code == status


def test_who_may_not_call_off_changes_nothing(editor, alert):
    answer = editor.post(reverse("alerts:call_off", args=[alert.pk]))
    assert answer.status_code == 403
    alert.refresh_from_db()
    assert alert.called_off_at is None


def test_the_first_content_is_told_to_nobody():
    assert not Alert.objects.exists()
    assert not letters_to(follower("un", "national", "publications", "situations"))
