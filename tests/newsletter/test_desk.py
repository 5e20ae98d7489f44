"""The desk of a bulletin: what became of it, list by list."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from icrtop.mail.models import State
from newsletter.models import HistoryEntry, Mailing
from newsletter.results import results_of
from newsletter.services import leaving
from tests.factories.mail import DeliveryFactory
from tests.factories.mailings import ListMailingFactory, MailingFactory, write_bulletin
from tests.factories.newsletter import SubscriptionFactory


@pytest.fixture
def bulletin(content):
    return write_bulletin()


@pytest.fixture
def part(bulletin):
    """A mailing to one list that is under way."""
    return ListMailingFactory(mailing=MailingFactory(bulletin=bulletin, sent=True))


def desk(bulletin) -> str:
    return reverse("bulletins:desk", args=[bulletin.pk])


def numbers(page) -> list[str]:
    (mailing,) = page.context["mailings"]
    (row,) = mailing["rows"]
    return [number for number, _url in row["cells"]]


def reader_of(part, state=State.SENT):
    subscription = SubscriptionFactory(mailing_list=part.mailing_list, confirmed=True)
    DeliveryFactory(message=part.message, address=subscription.subscriber.email, state=state)
    return subscription


def test_a_draft_says_what_to_do_next(secretariat, content):
    page = secretariat.get(desk(write_bulletin(live=False))).content.decode()
    assert "Publish it when it is ready" in page
    assert "It has not been sent yet." in page


def test_changes_that_are_not_published_are_said(secretariat, bulletin):
    bulletin.subject = "Better"
    bulletin.save_revision()
    page = secretariat.get(desk(bulletin)).content.decode()
    assert "Changes saved since are not published, and would not be sent." in page


def test_numbers_by_list_lead_to_their_letters(secretariat, bulletin, part):
    for state in (State.SENT, State.SENT, State.FAILED, State.PENDING):
        reader_of(part, state)
    page = secretariat.get(desk(bulletin))
    assert numbers(page) == ["4", "2", "1", "1", "0", "0", "0"]
    assert f"message={part.message.pk}&amp;state=failed" in page.content.decode()


def test_it_is_looked_at_often_while_letters_leave_and_not_when_all_is_done(
    secretariat, bulletin, part
):
    reader_of(part)
    assert secretariat.get(desk(bulletin)).context["seconds"] == 2.5
    type(part.message).objects.filter(pk=part.message.pk).update(
        finished_at=timezone.now(), tally={"sent": 1}
    )
    assert secretariat.get(desk(bulletin)).context["seconds"] is None


def test_the_part_that_changes_can_be_fetched_alone(secretariat, bulletin, part):
    reader_of(part)
    page = secretariat.get(reverse("bulletins:progress", args=[bulletin.pk])).content.decode()
    assert "<html" not in page
    assert part.mailing_list.name in page


def test_who_left_within_a_week_after_getting_it_is_counted(part):
    reader_of(part)
    leaving.unsubscribe(reader_of(part).subscriber, part.mailing_list, how="test")
    # Not got it, another list, and much later.
    leaving.unsubscribe(reader_of(part, State.FAILED).subscriber, part.mailing_list, how="test")
    stranger = SubscriptionFactory(mailing_list=part.mailing_list, confirmed=True)
    leaving.unsubscribe(stranger.subscriber, part.mailing_list, how="test")
    other = SubscriptionFactory(subscriber=reader_of(part).subscriber, confirmed=True)
    leaving.unsubscribe(other.subscriber, other.mailing_list, how="test")
    HistoryEntry.objects.create(
        subscriber=reader_of(part).subscriber,
        mailing_list=part.mailing_list,
        kind=HistoryEntry.Kind.LEFT,
        how="test",
        at=timezone.now() + timedelta(days=8),
    )
    assert results_of([part])[part.pk].left == 1


def test_results_of_many_lists_are_two_queries(bulletin):
    mailing = MailingFactory(bulletin=bulletin, sent=True)
    parts = [ListMailingFactory(mailing=mailing) for _each in range(4)]
    with CaptureQueriesContext(connection) as queries:
        results_of(parts)
    assert len(queries) == 2


def test_the_desk_takes_few_queries(secretariat, bulletin, part):
    reader_of(part)
    secretariat.get(desk(bulletin))
    with CaptureQueriesContext(connection) as queries:
        secretariat.get(desk(bulletin))
    assert len(queries) <= 20


def test_a_mailing_that_failed_says_why(secretariat, bulletin):
    MailingFactory(bulletin=bulletin, failed_at=timezone.now(), failure="Nobody was there.")
    assert "Nobody was there." in secretariat.get(desk(bulletin)).content.decode()


def test_calling_off_is_confirmed_first(secretariat, bulletin):
    mailing = MailingFactory(bulletin=bulletin, send_at=timezone.now() + timedelta(days=1))
    url = reverse("bulletins:call_off", args=[bulletin.pk, mailing.pk])
    assert url in secretariat.get(desk(bulletin)).content.decode()
    assert "Nobody will get it." in secretariat.get(url).content.decode()
    assert Mailing.objects.waiting().exists()
    answer = secretariat.post(url, follow=True).content.decode()
    assert "nobody gets this letter" in answer
    assert not Mailing.objects.waiting().exists()


def test_calling_off_too_late_says_what_to_do(secretariat, bulletin, part):
    url = reverse("bulletins:call_off", args=[bulletin.pk, part.mailing_id])
    for answer in (secretariat.get(url, follow=True), secretariat.post(url, follow=True)):
        assert "Cancel them there, list by list." in answer.content.decode()


def test_a_mailing_of_another_bulletin_is_not_found(secretariat, bulletin):
    other = MailingFactory()
    url = reverse("bulletins:call_off", args=[bulletin.pk, other.pk])
    assert secretariat.post(url).status_code == 404
    assert Mailing.objects.waiting().exists()


def test_editors_see_the_desk_and_cannot_call_off(editor, bulletin):
    mailing = MailingFactory(bulletin=bulletin)
    url = reverse("bulletins:call_off", args=[bulletin.pk, mailing.pk])
    page = editor.get(desk(bulletin)).content.decode()
    assert url not in page
    assert reverse("bulletins:send", args=[bulletin.pk]) not in page
    assert editor.post(url).status_code == 403
    assert Mailing.objects.waiting().exists()


def test_who_works_on_applications_sees_nothing_of_bulletins(staff_of, bulletin):
    membership = staff_of("Membership")
    assert membership.get(desk(bulletin)).status_code == 302
    assert reverse("bulletins:index") not in membership.get("/admin/").content.decode()


def test_the_list_of_bulletins_says_where_each_stands(secretariat, bulletin, part):
    write_bulletin(title="Only a draft", live=False)
    waiting = write_bulletin(title="About to go")
    MailingFactory(bulletin=waiting)
    write_bulletin(title="Approved")
    page = secretariat.get(reverse("bulletins:index")).content.decode()
    for words in ("Draft", "About to be sent", "Published, not sent", "Sent"):
        assert words in page


def test_the_list_of_bulletins_takes_few_queries(secretariat, bulletin, part):
    write_bulletin()
    secretariat.get(reverse("bulletins:index"))
    with CaptureQueriesContext(connection) as queries:
        secretariat.get(reverse("bulletins:index"))
    assert len(queries) <= 20


def test_the_editor_of_a_bulletin_leads_to_its_desk(secretariat, bulletin):
    page = secretariat.get(reverse("wagtailadmin_pages:edit", args=[bulletin.pk]))
    assert desk(bulletin) in page.content.decode()


def test_a_bulletin_that_was_sent_cannot_be_deleted(secretariat, bulletin, part):
    for page in (bulletin, bulletin.get_parent()):
        url = reverse("wagtailadmin_pages:delete", args=[page.pk])
        for answer in (secretariat.get(url, follow=True), secretariat.post(url, follow=True)):
            assert "was sent, or is about to be, so it stays." in answer.content.decode()
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    secretariat.post(f"{url}?id={bulletin.pk}")
    assert type(bulletin).objects.filter(pk=bulletin.pk).exists()


def test_a_bulletin_that_was_never_sent_can_be_deleted(secretariat, bulletin):
    secretariat.post(reverse("wagtailadmin_pages:delete", args=[bulletin.pk]))
    assert not type(bulletin).objects.filter(pk=bulletin.pk).exists()
