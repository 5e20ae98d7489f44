"""Sending a bulletin in the admin: nothing happens that the page before has not said."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from icrtop.mail.models import Delivery, Message, Suppression
from newsletter.models import Mailing
from newsletter.services.mailings import queue_due_mailings
from pages.models import DevelopmentPage, PublicationPage, SituationPage
from tests.factories.mailings import MailingFactory, write_bulletin
from tests.factories.newsletter import MailingListFactory, SubscriberFactory, SubscriptionFactory


@pytest.fixture
def bulletin(content):
    return write_bulletin()


@pytest.fixture
def lists(content):
    return MailingListFactory.create_batch(2)


def on(mailing_list, **subscriber):
    return SubscriptionFactory(
        subscriber=SubscriberFactory(**subscriber), mailing_list=mailing_list, confirmed=True
    )


def send_url(bulletin, lists=(), **more) -> str:
    query = [("lists", each.pk) for each in lists] + list(more.items())
    return f"{reverse('bulletins:send', args=[bulletin.pk])}?{urlencode(query)}"


def agreed(bulletin, letters: int) -> dict[str, int]:
    return {"revision": bulletin.live_revision_id, "letters": letters}


def test_first_it_asks_to_whom_and_offers_no_list_of_alerts(secretariat, bulletin, lists):
    alerts = MailingListFactory(name="Alerts of a test")
    type(alerts).objects.filter(sends_alerts=True).update(sends_alerts=False)
    type(alerts).objects.filter(pk=alerts.pk).update(sends_alerts=True)
    page = secretariat.get(reverse("bulletins:send", args=[bulletin.pk])).content.decode()
    assert lists[0].name in page
    assert "Alerts of a test" not in page


def test_looking_sends_nothing(secretariat, bulletin, lists):
    on(lists[0])
    page = secretariat.get(send_url(bulletin, lists)).content.decode()
    assert "1 letter will be sent now." in page
    assert bulletin.subject in page
    assert not Mailing.objects.exists()


def test_without_a_list_it_asks_again_beside_the_field(secretariat, bulletin):
    page = secretariat.get(send_url(bulletin, check=1, languages="fr"))
    assert "Choose at least one list." in page.content.decode()
    # What was chosen is still there.
    assert page.context["form"].data.getlist("languages") == ["fr"]


@pytest.mark.parametrize(
    ("moment", "error"),
    [
        (timezone.now() - timedelta(minutes=5), "This moment is over."),
        (timezone.now() + timedelta(days=400), "Choose a moment within a year."),
    ],
)
def test_a_moment_must_be_to_come(secretariat, bulletin, lists, moment, error):
    when = timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")
    page = secretariat.get(send_url(bulletin, lists, send_at=when))
    assert error in page.content.decode()


def test_the_page_says_the_exact_number_list_by_list(secretariat, bulletin, lists):
    both = on(lists[0]).subscriber
    SubscriptionFactory(subscriber=both, mailing_list=lists[1], confirmed=True)
    on(lists[1])
    gone = on(lists[1]).subscriber
    Suppression.objects.create(normalised=gone.normalised, reason="bounced")
    page = secretariat.get(send_url(bulletin, lists))
    assert "2 letters will be sent now." in page.content.decode()
    assert "1 more is on the lists, but must not be written to." in page.content.decode()
    assert [each.letters for each in page.context["reach"].lists] == [1, 1]


def test_the_page_shows_a_sample_without_merge_marks(secretariat, bulletin, lists):
    on(lists[0])
    page = secretariat.get(send_url(bulletin, lists))
    for sample in (page.context["sample_html"], page.context["sample_text"]):
        assert "[[" not in sample
        assert "/listserv/unsubscribe/" in sample


def test_a_click_sends_to_who_was_counted(secretariat, bulletin, lists):
    reader = on(lists[0]).subscriber
    answer = secretariat.post(send_url(bulletin, lists), agreed(bulletin, 1), follow=True)
    assert "The bulletin is on its way to 1 reader." in answer.content.decode()
    assert queue_due_mailings() == 1
    assert Delivery.objects.get().address == reader.email


def test_a_click_for_later_says_when(secretariat, bulletin, lists):
    on(lists[0])
    when = timezone.localtime(timezone.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    url = send_url(bulletin, lists, send_at=when.strftime("%Y-%m-%d %H:%M"))
    page = secretariat.get(url).content.decode()
    assert "1 letter will be sent on" in page
    assert "Whoever joins or leaves until then counts." in page
    secretariat.post(url, agreed(bulletin, 1))
    assert Mailing.objects.get().send_at == when
    assert queue_due_mailings() == 0


def test_another_number_than_agreed_is_asked_again(secretariat, bulletin, lists):
    for _each in range(10):
        on(lists[0])
    answer = secretariat.post(send_url(bulletin, lists), agreed(bulletin, 1))
    assert "Meanwhile the number of recipients has changed." in answer.content.decode()
    assert not Mailing.objects.exists()


def test_a_few_more_or_less_are_as_agreed(secretariat, bulletin, lists):
    for _each in range(3):
        on(lists[0])
    secretariat.post(send_url(bulletin, lists), agreed(bulletin, 1))
    assert Mailing.objects.get().expected == 3


def test_another_version_than_seen_is_not_sent(secretariat, bulletin, lists):
    on(lists[0])
    seen = agreed(bulletin, 1)
    bulletin.save_revision().publish()
    answer = secretariat.post(send_url(bulletin, lists), seen, follow=True)
    assert "Another version was published meanwhile." in answer.content.decode()
    assert not Mailing.objects.exists()


def test_a_second_click_sends_nothing_more(secretariat, bulletin, lists):
    on(lists[0])
    for _click in range(2):
        secretariat.post(send_url(bulletin, lists), agreed(bulletin, 1))
    assert Mailing.objects.count() == 1


def test_a_form_that_was_tampered_with_asks_again(secretariat, bulletin, lists):
    on(lists[0])
    answer = secretariat.post(send_url(bulletin, lists), {"revision": "x", "letters": "-1"})
    assert "1 letter will be sent now." in answer.content.decode()
    assert not Mailing.objects.exists()


def test_nobody_to_write_to_is_said_and_has_no_button(secretariat, bulletin, lists):
    page = secretariat.get(send_url(bulletin, lists)).content.decode()
    assert "Nobody would get this letter" in page
    assert "Send now" not in page
    secretariat.post(send_url(bulletin, lists), agreed(bulletin, 0))
    assert not Mailing.objects.exists()


def test_what_must_be_mended_stops_sending(secretariat, lists):
    bulletin = write_bulletin(body=[])
    on(lists[0])
    page = secretariat.get(send_url(bulletin, lists)).content.decode()
    assert "Must be mended:" in page
    assert "Send now" not in page
    secretariat.post(send_url(bulletin, lists), agreed(bulletin, 1))
    assert not Mailing.objects.exists()


def test_a_draft_cannot_be_sent(secretariat, lists):
    bulletin = write_bulletin(live=False)
    on(lists[0])
    page = secretariat.get(send_url(bulletin, lists)).content.decode()
    assert "The bulletin is not published yet." in page
    secretariat.post(send_url(bulletin, lists), {"revision": 1, "letters": 1})
    assert not Mailing.objects.exists()


def test_while_it_is_about_to_be_sent_it_says_so(secretariat, bulletin, lists):
    MailingFactory(bulletin=bulletin)
    page = secretariat.get(send_url(bulletin, lists)).content.decode()
    assert "about to be sent already" in page


def test_a_segment_is_said(secretariat, bulletin, lists):
    reader = on(lists[0], language="fr").subscriber
    reader.countries.add("SD")
    on(lists[0], language="en")
    url = send_url(bulletin, lists[:1], languages="fr", countries="SD")
    page = secretariat.get(url).content.decode()
    assert "1 letter will be sent now." in page
    assert "Sudan" in page
    secretariat.post(url, agreed(bulletin, 1))
    mailing = Mailing.objects.get()
    assert mailing.languages == ["fr"]
    assert [each.code for each in mailing.countries.all()] == ["SD"]


@pytest.mark.parametrize("group", ["Editors", "Membership"])
def test_only_some_groups_may_send(staff_of, bulletin, lists, group):
    on(lists[0])
    answer = staff_of(group).post(send_url(bulletin, lists), agreed(bulletin, 1))
    assert answer.status_code in (302, 403)
    assert not Mailing.objects.exists()


def test_the_listservs_group_writes_and_sends(staff_of, bulletin, lists):
    on(lists[0])
    listserv = staff_of("Listserv")
    assert listserv.get(reverse("wagtailadmin_pages:edit", args=[bulletin.pk])).status_code == 200
    listserv.post(send_url(bulletin, lists), agreed(bulletin, 1))
    assert Mailing.objects.count() == 1


def test_the_listservs_group_edits_nothing_but_bulletins(staff_of, bulletin, home):
    listserv = staff_of("Listserv")
    assert listserv.get(reverse("wagtailadmin_pages:edit", args=[home.pk])).status_code == 302


def test_what_was_sent_is_in_the_pages_history(secretariat, bulletin, lists):
    on(lists[0])
    secretariat.post(send_url(bulletin, lists), agreed(bulletin, 1))
    queue_due_mailings()
    history = secretariat.get(reverse("wagtailadmin_pages:history", args=[bulletin.pk]))
    assert "Sent to mailing lists" in history.content.decode()


def test_looking_and_sending_take_few_queries(secretariat, lists):
    kinds = (DevelopmentPage, PublicationPage, SituationPage)
    items = [("item", {"page": kind.objects.live().first()}) for kind in kinds]
    bulletin = write_bulletin(body=items)
    for mailing_list in lists:
        for _each in range(5):
            on(mailing_list)
    url = send_url(bulletin, lists)
    secretariat.get(url)
    with CaptureQueriesContext(connection) as looking:
        secretariat.get(url)
    with CaptureQueriesContext(connection) as sending:
        secretariat.post(url, agreed(bulletin, 10))
    assert Mailing.objects.exists()
    assert len(looking) <= 20
    # Savepoints are the test's: where no transaction surrounds it, they are none.
    asked = [query for query in sending.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert len(asked) <= 20
    # However many are on the lists: their letters are a task's.
    assert not Message.objects.exists()
