"""From staff's click to the outbox: frozen, found, and never twice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.models import Delivery, Message, Priority, State, Suppression
from newsletter import list_letters
from newsletter.models import BulletinIndexPage, Mailing
from newsletter.segments import Segment
from newsletter.services import leaving, mailings
from newsletter.services.mailings import CannotSend, call_off, confirm_mailing, queue_due_mailings
from tests.factories.mailings import write_bulletin
from tests.factories.newsletter import MailingListFactory, SubscriberFactory, SubscriptionFactory


@pytest.fixture
def bulletin(content):
    return write_bulletin()


@pytest.fixture
def bare_bulletin(subscribe_page):
    """A bulletin for tests with real transactions, which find a database without content."""
    home = subscribe_page.get_parent()
    home.add_child(instance=BulletinIndexPage(title="Bulletins", slug="listserv"))
    return write_bulletin()


@pytest.fixture
def lists(content):
    return MailingListFactory.create_batch(2)


@pytest.fixture
def staff(content) -> User:
    return User.objects.create_user("staff@example.org")


@pytest.fixture
def confirm(bulletin, lists, staff):
    """Confirms that the bulletin is to be sent to both lists."""

    def run(**changed) -> Mailing:
        options = {"revision": bulletin.live_revision_id, "by": staff, **changed}
        return confirm_mailing(bulletin, lists, options.pop("segment", Segment()), **options)

    return run


def on(mailing_list, **subscriber):
    return SubscriptionFactory(
        subscriber=SubscriberFactory(**subscriber), mailing_list=mailing_list, confirmed=True
    )


def addresses(message: Message) -> set[str]:
    return set(message.deliveries.values_list("address", flat=True))


def test_each_list_gets_a_message_that_can_be_left(bulletin, lists, confirm):
    first, second = on(lists[0]), on(lists[1])
    mailing = confirm()
    assert queue_due_mailings() == 1

    mailing.refresh_from_db()
    assert mailing.queued_at
    for part, subscription in zip(mailing.parts.all(), (first, second), strict=True):
        message = part.message
        assert message.subject == bulletin.subject
        assert message.list_id == part.mailing_list.slug
        assert message.priority == Priority.BULK
        assert message.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert part.mailing_list.name in message.text
        assert addresses(message) == {subscription.subscriber.email}
        assert message.deliveries.get().merge["leave"] == subscription.pk


def test_nothing_is_queued_before_the_transaction_that_confirms_is_committed(lists, confirm):
    on(lists[0])
    with transaction.atomic():
        confirm()
        transaction.set_rollback(True)
    assert queue_due_mailings() == 0
    assert not Mailing.objects.exists()


def test_what_is_sent_is_what_was_confirmed(bulletin, lists, confirm):
    on(lists[0])
    confirm()
    bulletin.subject = "Something else"
    bulletin.body = [("lead", {"text": "<p>Something else.</p>"})]
    bulletin.save_revision().publish()
    queue_due_mailings()

    message = Message.objects.get()
    assert message.subject != "Something else"
    assert "Something else" not in message.html + message.text


def test_a_draft_saved_since_publishing_is_not_sent(bulletin, lists, confirm):
    on(lists[0])
    bulletin.subject = "Not approved yet"
    bulletin.save_revision()
    confirm()
    queue_due_mailings()
    assert Message.objects.get().subject != "Not approved yet"


def test_another_version_published_meanwhile_must_be_looked_at(bulletin, confirm):
    seen = bulletin.live_revision_id
    bulletin.save_revision().publish()
    with pytest.raises(CannotSend, match="Another version"):
        confirm(revision=seen)


def test_an_unpublished_bulletin_is_not_sent(bulletin, confirm):
    bulletin.unpublish()
    with pytest.raises(CannotSend, match="not published"):
        confirm()


def test_a_second_click_sends_nothing(lists, confirm):
    on(lists[0])
    confirm()
    with pytest.raises(CannotSend, match="already"):
        confirm()
    queue_due_mailings()
    assert queue_due_mailings() == 0
    assert Message.objects.count() == 1


def test_a_second_mailing_reaches_only_who_has_not_had_it(lists, confirm):
    on(lists[0], email="early@example.org")
    confirm()
    queue_due_mailings()
    on(lists[0], email="late@example.org")
    on(lists[1], email="early@example.net")
    confirm()
    queue_due_mailings()

    letters = Delivery.objects.order_by("pk").values_list("address", flat=True)
    assert list(letters) == ["early@example.org", "late@example.org", "early@example.net"]


def test_a_mailing_waits_for_its_time(lists, confirm):
    on(lists[0])
    mailing = confirm(send_at=timezone.now() + timedelta(hours=1))
    assert queue_due_mailings() == 0
    Mailing.objects.filter(pk=mailing.pk).update(send_at=timezone.now() - timedelta(seconds=1))
    assert queue_due_mailings() == 1


def test_who_leaves_before_a_scheduled_time_gets_nothing_and_who_joins_gets_it(lists, confirm):
    leaver = on(lists[0])
    mailing = confirm(send_at=timezone.now() + timedelta(hours=1))
    leaving.unsubscribe(leaver.subscriber, how="test")
    joiner = on(lists[0])
    Mailing.objects.filter(pk=mailing.pk).update(send_at=timezone.now() - timedelta(seconds=1))
    queue_due_mailings()
    assert addresses(Message.objects.get()) == {joiner.subscriber.email}


def test_a_mailing_that_missed_its_time_waits_for_a_person(lists, confirm, settings):
    from icrtop.mail.control import hold_missed

    on(lists[0])
    mailing = confirm(send_at=timezone.now() + timedelta(minutes=1))
    late = timezone.now() - timedelta(hours=settings.MAIL_MISSED_AFTER_HOURS, minutes=1)
    Mailing.objects.filter(pk=mailing.pk).update(send_at=late)
    queue_due_mailings()
    assert hold_missed() == 1
    assert Message.objects.get().paused_at


def test_a_mailing_that_is_called_off_writes_to_nobody(lists, confirm):
    on(lists[0])
    mailing = confirm()
    assert call_off(mailing)
    assert not call_off(mailing)
    assert queue_due_mailings() == 0
    assert not Message.objects.exists()
    # The bulletin itself can be sent again.
    confirm()
    assert queue_due_mailings() == 1


def test_what_is_in_the_outbox_cannot_be_called_off(lists, confirm):
    on(lists[0])
    mailing = confirm()
    queue_due_mailings()
    assert not call_off(mailing)


def test_a_list_without_anybody_has_no_message(lists, confirm):
    on(lists[1])
    mailing = confirm()
    queue_due_mailings()
    assert [bool(part.message) for part in mailing.parts.all()] == [False, True]


def test_a_mailing_to_nobody_fails_with_a_reason_and_is_not_tried_again(confirm):
    mailing = confirm()
    assert queue_due_mailings() == 0
    mailing.refresh_from_db()
    assert mailing.failed_at
    assert mailing.failure == "The letter has no recipient."
    assert not mailing.queued_at
    assert not Mailing.objects.due().exists()
    assert not mailing.bulletin.mailings.sent().exists()


def test_a_list_of_suppressed_addresses_gets_rows_that_say_so(lists, confirm):
    reader = on(lists[0]).subscriber
    Suppression.objects.create(normalised=reader.normalised, reason="bounced")
    confirm()
    queue_due_mailings()
    assert Delivery.objects.get().state == State.SUPPRESSED


def test_one_mailing_that_goes_wrong_keeps_no_other_back(
    lists, confirm, staff, monkeypatch, caplog
):
    on(lists[0])
    broken = confirm()
    other = confirm_mailing(
        (bulletin := write_bulletin()),
        lists,
        Segment(),
        revision=bulletin.live_revision_id,
        by=staff,
    )
    real = mailings.queue_mailing

    def fails_for_one(key: int) -> bool:
        if key == broken.pk:
            raise ZeroDivisionError("nobody thought of this")
        return real(key)

    monkeypatch.setattr(mailings, "queue_mailing", fails_for_one)
    assert queue_due_mailings() == 1
    assert "nobody thought of this" in caplog.text
    assert set(Mailing.objects.due()) == {broken}
    assert set(Mailing.objects.sent()) == {other}


def test_a_segment_is_kept_with_the_mailing(lists, confirm):
    on(lists[0], language="fr", email="fr@example.org")
    on(lists[0], language="en", email="en@example.org")
    confirm(segment=Segment(languages=["fr"]))
    queue_due_mailings()
    assert addresses(Message.objects.get()) == {"fr@example.org"}


def test_who_left_while_recipients_were_written_is_taken_back(lists, confirm, monkeypatch):
    stays, leaver = on(lists[0]).subscriber, on(lists[0])
    confirm()
    real = list_letters.queue_message

    def leaves_meanwhile(**options):
        message = real(**options)
        # As if committed by another process, which has not seen the letters.
        type(leaver).objects.filter(pk=leaver.pk).update(
            state="unsubscribed", unsubscribed_at=timezone.now()
        )
        return message

    monkeypatch.setattr(list_letters, "queue_message", leaves_meanwhile)
    queue_due_mailings()
    states = dict(Delivery.objects.values_list("address", "state"))
    assert states == {stays.email: State.PENDING, leaver.subscriber.email: State.CANCELLED}


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_put_a_mailing_into_the_outbox_once(bare_bulletin, django_user_model):
    mailing_list = MailingListFactory()
    for _each in range(50):
        on(mailing_list)
    staff = django_user_model.objects.create_user("staff@example.org")
    revision = bare_bulletin.live_revision_id
    confirm_mailing(bare_bulletin, [mailing_list], Segment(), revision=revision, by=staff)
    start, done = threading.Barrier(4), []

    def work() -> None:
        try:
            start.wait()
            done.append(queue_due_mailings())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == 1
    assert Message.objects.count() == 1
    assert Delivery.objects.count() == 50


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_mailing(bare_bulletin, django_user_model):
    mailing_list = MailingListFactory()
    on(mailing_list)
    staff = django_user_model.objects.create_user("staff@example.org")
    start, outcomes = threading.Barrier(3), []

    def click() -> None:
        try:
            start.wait()
            confirm_mailing(
                bare_bulletin,
                [mailing_list],
                Segment(),
                revision=bare_bulletin.live_revision_id,
                by=staff,
            )
            outcomes.append("confirmed")
        except CannotSend:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["confirmed", "refused", "refused"]
    assert Mailing.objects.count() == 1
