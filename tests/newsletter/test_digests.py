"""Alerts at once, each morning and each Monday: everything that was chosen, each change once."""

import datetime
import itertools

import pytest

from icrtop.mail import control
from icrtop.mail.models import Delivery, Message, Priority, State, Suppression
from newsletter import links
from newsletter.alerts import sending
from newsletter.models import Alert, DigestRun, Frequency, MailingList, Subscriber
from newsletter.services import addresses
from newsletter.services.leaving import unsubscribe
from tests.factories.pages import DevelopmentPageFactory, PublicationPageFactory
from tests.newsletter.alerting import at, follower, letters_to, publish, published_at, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page", "lists")]

DAILY, WEEKLY, AT_ONCE = Frequency.DAILY, Frequency.WEEKLY, Frequency.AT_ONCE
# A Monday.
MONDAY = (2026, 11, 23)


def news(moment=None, **values) -> Alert:
    """Something is published and told; by default on Sunday at noon."""
    publish(DevelopmentPageFactory(**values))
    return published_at(Alert.objects.latest("pk"), moment or at(2026, 11, 22))


@pytest.mark.parametrize(
    "follows",
    [
        {"countries": ["KE"]},
        {"regions": ["002"]},
        {"regions": ["014"]},
        {"topics": ["national"]},
        {"countries": ["KE"], "regions": ["002", "014"], "topics": ["national", "un"]},
    ],
)
def test_whoever_follows_it_in_whatever_way_gets_one_letter(follows):
    reader = follower(*follows.pop("topics", ()), **follows)
    alert = news(countries=["KE"], level="national")
    sending.send_alerts(at(*MONDAY, 6))
    assert told(reader) == [alert.pk]
    (letter,) = letters_to(reader)
    assert letter.priority == Priority.ALERT
    assert letter.list_id == "country-alerts"


def test_what_has_no_country_is_told_by_its_topic_alone():
    by_topic, by_place = follower("un"), follower(countries=["KE"], regions=["002"])
    alert = news(level="un")
    sending.send_at_once()
    assert (told(by_topic), told(by_place)) == ([alert.pk], [])


def test_who_follows_nothing_of_it_or_is_not_on_the_list_gets_nothing():
    strangers = [
        follower(),
        follower("publications", countries=["FR"], regions=["150"]),
        follower("un", confirmed_at=at(2026, 11, 22, 13)),
    ]
    left, asked = follower("un"), follower("un")
    left.subscriptions.update(state="unsubscribed", unsubscribed_at=at(2026, 1, 1))
    asked.subscriptions.update(state="pending")
    other = follower("un")
    other.subscriptions.update(mailing_list=MailingList.objects.get(slug="bulletin"))
    news(level="un", countries=["KE"])
    sending.send_alerts(at(*MONDAY, 8))
    assert not any(map(told, [*strangers, left, asked, other]))
    assert not Message.objects.exists()


def test_at_once_is_a_letter_for_each_and_a_digest_is_one_for_all():
    readers = {each: follower("un", frequency=each) for each in Frequency}
    alerts = [news(level="un").pk for _ in range(3)]
    sending.send_alerts(at(*MONDAY, 6))
    assert [len(letters_to(readers[each])) for each in (AT_ONCE, DAILY, WEEKLY)] == [3, 0, 0]
    sending.send_alerts(at(*MONDAY, 7))
    assert [len(letters_to(readers[each])) for each in (AT_ONCE, DAILY, WEEKLY)] == [3, 1, 1]
    assert [told(readers[each]) for each in Frequency] == [alerts] * 3


def test_readers_of_the_same_share_a_message_and_others_have_one_of_their_own():
    both = [follower("un", "national", frequency=DAILY) for _ in range(3)]
    one = [follower("un", frequency=DAILY) for _ in range(2)]
    news(level="un"), news(level="national")
    sending.send_digests(at(*MONDAY, 7))
    assert {each.pk for reader in both for each in letters_to(reader)} == {
        Message.objects.get(subject__startswith="2 changes").pk
    }
    assert Message.objects.count() == 2
    assert letters_to(one[0]) == letters_to(one[1])


def test_a_run_that_is_repeated_queues_nothing_more():
    reader = follower("un", frequency=DAILY)
    news(level="un")
    for _ in range(2):
        sending.send_alerts(at(*MONDAY, 7))
    DigestRun.objects.update(finished_at=None)
    Alert.objects.update(told_at=None)
    sending.send_alerts(at(*MONDAY, 7))
    assert len(told(reader)) == 1


def test_what_is_published_after_the_digest_was_due_comes_with_the_next_one():
    reader = follower("un", frequency=DAILY)
    alert = news(at(*MONDAY, 7, 1), level="un")
    sending.send_alerts(at(*MONDAY, 9))
    assert told(reader) == []
    sending.send_alerts(at(2026, 11, 24, 7))
    assert told(reader) == [alert.pk]


def test_a_new_site_sends_no_weekly_digest_before_its_monday():
    reader = follower("un", frequency=WEEKLY)
    alert = news(at(2026, 11, 25), level="un")
    for day in (25, 26, 29):
        sending.send_alerts(at(2026, 11, day, 23))
    assert told(reader) == []
    sending.send_alerts(at(2026, 11, 30, 7))
    assert told(reader) == [alert.pk]


def test_weeks_without_workers_are_made_up_for_by_one_digest():
    readers = [follower("un", frequency=each) for each in Frequency]
    sending.send_alerts(at(2026, 10, 5, 7))
    alerts = [news(at(2026, 10, day), level="un").pk for day in (6, 15, 31)]
    sending.send_alerts(at(2026, 11, 10, 15))
    assert [told(reader) for reader in readers] == [alerts] * 3
    assert len(letters_to(readers[1])) == len(letters_to(readers[2])) == 1


@pytest.mark.parametrize(
    ("moment", "daily", "weekly"),
    [
        ((2026, 11, 23, 6, 59), "2026-11-22", "2026-11-16"),
        ((2026, 11, 23, 7, 0), "2026-11-23", "2026-11-23"),
        # Clocks go back on 1 November and forward on 8 March, both at two in the morning.
        ((2026, 11, 1, 6, 59), "2026-10-31", "2026-10-26"),
        ((2026, 11, 1, 7, 0), "2026-11-01", "2026-10-26"),
        ((2026, 3, 8, 6, 59), "2026-03-07", "2026-03-02"),
        ((2026, 3, 8, 7, 0), "2026-03-08", "2026-03-02"),
    ],
)
def test_digests_are_due_at_seven_by_the_clock_of_the_site(moment, daily, weekly):
    now = at(*moment).astimezone(datetime.UTC)
    assert sending.due_day(DAILY, now).isoformat() == daily
    assert sending.due_day(WEEKLY, now).isoformat() == weekly
    assert sending.moment_of(sending.due_day(DAILY, now)) <= now


def run_until(end: datetime.datetime, start: datetime.datetime) -> None:
    """A worker that looks twice a day."""
    while start <= end:
        sending.send_alerts(start)
        start += datetime.timedelta(hours=12)


@pytest.mark.parametrize("order", list(itertools.permutations(Frequency)))
def test_whoever_changes_the_frequency_gets_each_change_once(order):
    reader = follower("un")
    start = at(2026, 11, 18, 8)
    alerts = []
    for number in range(12):
        day = start + datetime.timedelta(days=number)
        Subscriber.objects.update(frequency=order[number % 3])
        alerts.append(news(day, level="un").pk)
        run_until(day + datetime.timedelta(hours=12), day)
    run_until(at(2026, 12, 8), day)
    assert told(reader) == alerts


def move(reader: Subscriber, email: str) -> Subscriber:
    """Have somebody confirm another address; return who has it then."""
    url = links.address_url(reader, email)
    addresses.move(links.address_change_of(url.rstrip("/").rsplit("/", 1)[1]))
    return Subscriber.objects.get(normalised=email)


def all_sent() -> None:
    Delivery.objects.filter(state=State.PENDING).update(state=State.SENT)


@pytest.mark.parametrize("is_known_there", [True, False])
def test_whoever_moves_to_another_address_is_told_the_rest_there(is_known_there):
    reader = follower("un")
    if is_known_there:
        follower("un", email="new@example.org", confirmed_at=at(2026, 12, 1))
    had = news(level="un")
    sending.send_at_once()
    all_sent()
    withdrawn = news(level="un")
    sending.send_at_once()
    assert told(reader) == [had.pk, withdrawn.pk]
    now = move(reader, "new@example.org")
    now.subscriptions.update(confirmed_at=at(2020, 1, 1))
    later = news(level="un")
    sending.send_digests(at(*MONDAY, 7))
    assert told(now) == [withdrawn.pk, later.pk]


def test_whoever_moves_away_and_back_is_told_what_was_taken_back():
    reader = follower("un", email="old@example.org")
    alert = news(level="un")
    sending.send_at_once()
    move(move(reader, "new@example.org"), "old@example.org")
    sending.send_digests(at(*MONDAY, 7))
    states = [each.deliveries.get().state for each in letters_to(reader)]
    assert states == [State.CANCELLED, State.PENDING]
    assert told(reader) == [alert.pk] * 2


def test_whoever_left_before_the_digest_gets_none_and_nothing_old_after_coming_back():
    reader = follower("un", frequency=DAILY)
    news(level="un")
    unsubscribe(reader, how="test")
    sending.send_digests(at(*MONDAY, 7))
    assert told(reader) == []
    reader.subscriptions.update(state="confirmed", confirmed_at=at(*MONDAY, 8))
    sending.send_digests(at(2026, 11, 24, 7))
    assert told(reader) == []


def test_a_suppressed_address_has_a_letter_that_is_not_sent():
    reader = follower("un")
    Suppression.objects.create(normalised=reader.normalised, reason="bounced")
    news(level="un")
    sending.send_at_once()
    (letter,) = letters_to(reader)
    assert letter.deliveries.get().state == State.SUPPRESSED
    sending.send_digests(at(*MONDAY, 7))
    assert len(letters_to(reader)) == 1


@pytest.mark.parametrize("what", ["unpublish", "delete", "call off", "make private"])
def test_what_is_gone_before_the_digest_is_left_out(what):
    reader = follower("un", frequency=DAILY)
    gone, stays = news(level="un", title="Gone"), news(level="un", title="Stays")
    if what == "unpublish":
        gone.page.unpublish()
    elif what == "delete":
        gone.page.delete()
    elif what == "make private":
        gone.page.view_restrictions.create(restriction_type="login")
    else:
        Alert.objects.filter(pk=gone.pk).update(called_off_at=at(*MONDAY, 6))
    sending.send_digests(at(*MONDAY, 7))
    assert told(reader) == [stays.pk]
    (letter,) = letters_to(reader)
    assert "Gone" not in letter.subject + letter.html + letter.text


def test_what_is_called_off_while_digests_are_written_is_left_out_of_the_rest(monkeypatch):
    readers = [follower(topic, frequency=DAILY) for topic in ("un", "un", "national")]
    stays, goes = news(level="un"), news(level="national")
    write = sending.letters.write

    def call_off_and_write(*arguments):
        sending.call_off(goes, None)
        return write(*arguments)

    monkeypatch.setattr(sending.letters, "write", call_off_and_write)
    sending.send_digests(at(*MONDAY, 7))
    assert [told(reader) for reader in readers] == [[stays.pk], [stays.pk], []]


def test_a_cancelled_message_is_not_queued_again():
    reader = follower("un")
    news(level="un")
    sending.send_at_once()
    control.cancel(letters_to(reader)[0], "a mistake")
    sending.send_digests(at(*MONDAY, 7))
    assert len(letters_to(reader)) == 1


def test_without_an_open_list_nothing_is_sent_and_the_log_says_so(caplog):
    reader = follower("un")
    news(level="un")
    MailingList.objects.filter(sends_alerts=True).update(is_public=False)
    sending.send_alerts(at(*MONDAY, 7))
    assert told(reader) == []
    assert caplog.text.count("no open list sends alerts") == 3
    sending.send_alerts(at(*MONDAY, 7))
    assert caplog.text.count("no open list sends alerts") == 3


def test_a_letter_that_cannot_be_written_keeps_no_other_from_being_sent(monkeypatch, caplog):
    un, national = follower("un"), follower("national")
    broken, fine = news(level="un", title="Broken"), news(level="national", title="Fine")
    write = sending.letters.write

    def fail(mailing_list, changes, *rest):
        if changes[0].page.title == "Broken":
            raise ValueError("broken")
        return write(mailing_list, changes, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(sending.letters, "write", fail)
        sending.send_at_once()
    assert (told(un), told(national)) == ([], [fine.pk])
    assert f"No letter of the alerts [{broken.pk}]" in caplog.text
    sending.send_at_once()
    assert (told(un), told(national)) == ([broken.pk], [fine.pk])


def test_a_publication_is_told_to_those_who_follow_publications():
    reader = follower("publications", frequency=DAILY)
    publish(PublicationPageFactory(title="A report"))
    published_at(Alert.objects.get(), at(2026, 11, 22))
    sending.send_digests(at(*MONDAY, 7))
    assert [each.subject for each in letters_to(reader)] == ["A report"]
