"""A letter to everybody whom a query finds, without loading anybody."""

import tracemalloc
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.db.models import Case, F, TextField, Value, When
from django.db.models.functions import Concat, Lower, NullIf, Repeat
from django.test.utils import CaptureQueriesContext

from icrtop.mail import sending
from icrtop.mail.composing import compose
from icrtop.mail.control import suppress
from icrtop.mail.headers import InvalidMessage
from icrtop.mail.models import Delivery, Message, Priority, State, Suppression
from newsletter.models import Subscriber
from tests.factories.newsletter import (
    SubscriberFactory,
    SubscriptionFactory,
)
from tests.mail.audiences import addresses, counts, everybody, queue

pytestmark = pytest.mark.django_db


def test_everybody_whom_the_query_finds_gets_a_letter_of_their_own():
    SubscriberFactory(email="Jo@example.org", name="Jo Müller")
    SubscriberFactory(email="kim@example.org")
    message = queue(everybody(name="name"), priority=Priority.BULK)

    jo = message.deliveries.get(normalised="jo@example.org")
    assert (jo.address, jo.name, jo.merge) == ("Jo@example.org", "Jo Müller", {})
    assert (jo.state, jo.attempts, jo.releases) == (State.PENDING, 0, 0)
    assert (jo.token, jo.lease_until, jo.reason, jo.server_reply) == (None, None, "", "")
    assert message.deliveries.get(normalised="kim@example.org").name == ""
    assert counts(message) == (2, 0, 0)
    assert (message.candidates, message.duplicates, message.unusable) == (2, 0, 0)


def test_the_letters_are_those_that_a_worker_finds_and_sends(sink):
    SubscriberFactory.create_batch(30)
    SubscriberFactory(email="stopped@example.org")
    suppress("stopped@example.org", Suppression.Reason.STAFF)
    message = queue(everybody(merge={"key": "pk"}), text="Number [[key]]")
    sending.send_due()

    keys = dict(Subscriber.objects.exclude(name="-").values_list("email", "pk"))
    keys.pop("stopped@example.org")
    texts = {
        each.recipient: each.letter.get_body(("plain",)).get_content().strip()
        for each in sink.letters
    }
    assert len(sink.letters) == 30
    assert texts == {address: f"Number {key}" for address, key in keys.items()}
    message.refresh_from_db()
    assert message.finished_at is not None
    assert message.tally == {"sent": 30, "suppressed": 1}


def test_who_is_found_twice_gets_one_letter_and_is_counted():
    jo = SubscriberFactory(email="jo@example.org")
    SubscriberFactory(email="JO@EXAMPLE.ORG", normalised="jo, as imported")
    for _ in range(3):
        SubscriptionFactory(subscriber=jo, confirmed=True)
    message = queue(everybody(queryset=Subscriber.objects.filter(subscriptions__state="confirmed")))
    assert addresses(message) == ["jo@example.org"]
    assert counts(message) == (3, 2, 0)

    by_lower = queue(everybody(normalised=Lower("email")))
    assert by_lower.deliveries.count() == 1
    assert counts(by_lower) == (2, 1, 0)


def test_the_same_address_may_get_another_message():
    SubscriberFactory()
    assert counts(queue(everybody())) == counts(queue(everybody())) == (1, 0, 0)


@pytest.mark.parametrize("reason", Suppression.Reason)
def test_a_suppressed_address_is_recorded_with_the_reason_and_not_sent_to(reason):
    SubscriberFactory(email="Jo@example.org")
    SubscriberFactory(email="kim@example.org")
    suppress("jo@example.org", reason)
    message = queue(everybody())

    stopped = message.deliveries.get(address="Jo@example.org")
    assert stopped.state == State.SUPPRESSED
    assert stopped.reason == reason.label
    assert message.deliveries.get(address="kim@example.org").state == State.PENDING
    assert counts(message) == (2, 0, 0)


def test_a_letter_to_suppressed_addresses_only_is_recorded_and_finishes(sink):
    suppress(SubscriberFactory().email, Suppression.Reason.BOUNCED)
    message = queue(everybody())
    sending.send_due()
    message.refresh_from_db()
    assert message.tally == {"suppressed": 1}
    assert not sink.letters


UNUSABLE = [
    "",
    " ",
    "jo",
    "@example.org",
    "jo@",
    "jo@example.org\r\nBcc: x@example.org",
    "jo@exam\nple.org",
    "jo\t@example.org",
    "jo\x01@example.org",
    "jo@example.org\x7f",
    "jo@a@example.org",
    "Jo <jo@example.org>",
    "jo@example.org, kim@example.org",
    "jo@example.org;kim@example.org",
    "jo smith@example.org",
]


@pytest.mark.parametrize("wrong", UNUSABLE)
def test_who_has_no_usable_address_gets_no_letter_and_is_counted(wrong):
    SubscriberFactory(email="kim@example.org")
    SubscriberFactory(email=wrong, normalised="wrong@example.org")
    SubscriberFactory(email="also.wrong@example.org", normalised=wrong)
    message = queue(everybody())
    assert addresses(message) == ["kim@example.org"]
    assert counts(message) == (3, 0, 2)


def test_who_has_no_address_at_all_or_a_much_too_long_one_is_counted():
    SubscriberFactory(email="kim@example.org")
    SubscriberFactory(email="none@example.org")
    SubscriberFactory(email="long@example.org")
    message = queue(
        everybody(
            address=Case(
                When(email="long@example.org", then=Concat(Repeat(Value("l"), 239), "email")),
                default=NullIf("email", Value("none@example.org")),
                output_field=TextField(),
            )
        )
    )
    assert addresses(message) == ["kim@example.org"]
    assert counts(message) == (3, 0, 2)


def test_the_longest_address_that_there_is_is_usable():
    longest = f"{'l' * 64}@{'d' * 61}.{'d' * 61}.{'d' * 61}.org"
    assert len(longest) == 254
    SubscriberFactory(email=longest)
    assert counts(queue(everybody())) == (1, 0, 0)


@pytest.mark.parametrize(
    "queryset",
    [
        Subscriber.objects.none,
        lambda: Subscriber.objects.filter(pk__in=[]),
        lambda: Subscriber.objects.filter(email="nobody@example.org"),
        lambda: Subscriber.objects.filter(email="unusable"),
    ],
    ids=["none", "in nothing", "no match", "nobody usable"],
)
def test_an_audience_of_nobody_is_refused_and_nothing_is_written(queryset):
    SubscriberFactory(email="jo@example.org")
    SubscriberFactory(email="unusable")
    with pytest.raises(InvalidMessage, match="no recipient"):
        queue(everybody(queryset=queryset()))
    assert not Message.objects.exists()


def test_values_of_merge_fields_keep_their_kind():
    subscriber = SubscriberFactory(name='Jo "the <b>" Müller & Söhne', email="jo@example.org")
    Subscriber.objects.update(created=datetime(2026, 3, 1, tzinfo=UTC))
    message = queue(
        everybody(
            merge={
                "name": "name",
                "number": F("pk"),
                "text": Value("it's 100%"),
                "yes": Value(True),
                "since": "created",
                "nothing": NullIf("language", Value("en")),
            }
        ),
        html="<p>[[name]]</p>",
        text="[[name]] [[number]] [[text]]",
    )
    (delivery,) = message.deliveries.all()
    assert delivery.merge["number"] == subscriber.pk
    assert delivery.merge["yes"] is True
    assert delivery.merge["since"].startswith("2026-03-01T00:00:00")
    assert delivery.merge["nothing"] is None
    letter = compose(delivery).decode()
    assert "Jo &quot;the &lt;b&gt;&quot; M=C3=BCller &amp; S=C3=B6hne" in letter
    assert f"{subscriber.pk} it's 100%" in letter


@pytest.mark.parametrize(
    ("merge", "refused"),
    [
        ({"name": NullIf("name", Value(""))}, "1 of 3 recipients have no value"),
        ({"other": "name"}, "3 of 3 recipients have no value"),
        ({}, "3 of 3 recipients have no value"),
    ],
)
def test_a_merge_field_that_somebody_has_no_value_for_is_refused(merge, refused):
    SubscriberFactory(name="")
    SubscriberFactory.create_batch(2, name="Jo")
    with pytest.raises(InvalidMessage, match=f"{refused} for one of the merge fields name"):
        queue(everybody(merge=merge), subject="For [[name]]")
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()


def test_who_gets_no_letter_needs_no_values():
    SubscriberFactory(name="Jo")
    SubscriberFactory(name="", email="unusable")
    message = queue(everybody(merge={"name": NullIf("name", Value(""))}), text="[[name]]")
    assert counts(message) == (2, 0, 1)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Jo\r\nBcc: other@example.org", "Jo Bcc: other@example.org"),
        ("Jo\x1b[31m", "Jo [31m"),
        ("Jo\t\t Blow", "Jo Blow"),
        ("\x85Jo\u2028Blow\u2029", "Jo Blow"),
        ("x" * 200, "x" * 200),
        ("", ""),
    ],
)
def test_a_name_has_one_line_in_the_letter(typed, written):
    SubscriberFactory(email="jo@example.org", name=typed)
    (delivery,) = queue(everybody(name="name")).deliveries.all()
    assert "\n" not in delivery.name
    assert "\r" not in delivery.name
    letter = compose(delivery).decode().replace("\r\n ", " ")
    assert letter.count("\r\nTo: ") == 1
    assert "\r\nBcc" not in letter
    assert f"{written}" in letter


def test_a_name_that_is_too_long_is_cut_and_one_that_is_null_is_empty():
    SubscriberFactory(email="jo@example.org", name="Jo")
    (long,) = queue(everybody(name=Repeat("name", 500))).deliveries.all()
    assert long.name == "Jo" * 100
    (none,) = queue(everybody(name=NullIf("name", Value("Jo")))).deliveries.all()
    assert none.name == ""


def test_the_number_of_statements_is_the_same_for_any_audience():
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            queue(everybody(merge={"name": "name"}))
        return len(captured)

    SubscriberFactory()
    one = statements()
    SubscriberFactory.create_batch(200)
    assert statements() == one


def test_nothing_of_the_audience_is_held_in_memory():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO newsletter_subscriber"
            " (email, normalised, name, language, topics, frequency, created)"
            " SELECT 'reader' || n || '@example.org', 'reader' || n || '@example.org',"
            " 'Reader ' || n, 'en', '{}', 'weekly', now() FROM generate_series(1, 20000) AS n"
        )
    audience = everybody(name="name", merge={"name": "name"})
    # What is loaded the first time does not count.
    queue(everybody(queryset=Subscriber.objects.filter(email="reader1@example.org")))
    tracemalloc.start()
    try:
        message = queue(audience, text="Hello [[name]]")
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Twenty thousand rows of three texts each are at least ten times that.
    assert peak < 1_000_000
    assert counts(message) == (20_000, 0, 0)


def test_nothing_remains_of_a_transaction_that_is_rolled_back():
    SubscriberFactory.create_batch(3)
    with transaction.atomic():
        message = queue(everybody())
        assert message.deliveries.count() == 3
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()


def test_a_key_holds_for_audiences_too():
    SubscriberFactory()
    first = queue(everybody(), key="bulletin-1")
    SubscriberFactory()
    assert queue(everybody(), key="bulletin-1") == first
    assert Message.objects.count() == Delivery.objects.count() == 1
