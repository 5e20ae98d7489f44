"""Which queries an audience may be: of any shape, with any values, over any tables."""

import pytest
from django.db.models import Count, F, Value
from django.db.models.functions import Concat, Lower, Upper

from icrtop.mail.audiences import Audience
from newsletter.models import Subscriber, Subscription
from tests.factories.newsletter import MailingListFactory, SubscriberFactory, SubscriptionFactory
from tests.mail.audiences import addresses, counts, everybody, queue

pytestmark = pytest.mark.django_db


STRANGE = [
    "100% of them",
    'O\'Brien said "no"',
    "%s and %(message)s and %%",
    "back\\slash'",
    "{audience} {} }{",
    "'; DROP TABLE mail_delivery; --",
    "Ünïcode 中文 🕊",
    "$$ $1 :name ?",
]


@pytest.mark.parametrize("strange", STRANGE)
def test_values_of_the_query_reach_the_database_as_they_are(strange):
    SubscriberFactory(email="jo@example.org", name=strange)
    SubscriberFactory(email="kim@example.org", name=f"{strange}.")
    audience = everybody(
        queryset=Subscriber.objects.filter(name=strange).exclude(name__contains=f"{strange}."),
        name=Value(strange),
        merge={"strange": Concat(Value(strange), "name")},
    )
    message = queue(audience, text="It is [[strange]].")
    (delivery,) = message.deliveries.all()
    assert delivery.address == "jo@example.org"
    assert delivery.name == strange
    assert delivery.merge == {"strange": strange * 2}


def test_fields_of_other_tables_and_expressions():
    lists = [MailingListFactory(name=name) for name in ("Bulletin", "Events")]
    for mailing_list in lists:
        SubscriptionFactory(
            subscriber__email=f"{mailing_list.name}@example.org",
            mailing_list=mailing_list,
            confirmed=True,
        )
    SubscriptionFactory(mailing_list=lists[0])
    message = queue(
        Audience(
            Subscription.objects.confirmed().filter(mailing_list__in=lists),
            address="subscriber__email",
            normalised=Lower("subscriber__email"),
            name=Concat(Value("Reader of "), "mailing_list__name"),
            merge={"list": Upper("mailing_list__name"), "number": F("pk") + 1},
        ),
        text="[[list]] [[number]]",
    )
    found = message.deliveries.values_list("normalised", "name", "merge__list")
    assert set(found) == {
        ("bulletin@example.org", "Reader of Bulletin", "BULLETIN"),
        ("events@example.org", "Reader of Events", "EVENTS"),
    }


def test_an_audience_that_counts_something_about_its_members():
    SubscriptionFactory.create_batch(2, subscriber=SubscriberFactory(email="two@example.org"))
    SubscriptionFactory(subscriber__email="one@example.org")
    lists = Count("subscriptions")
    message = queue(
        everybody(
            queryset=Subscriber.objects.annotate(lists=lists).filter(lists__gt=1),
            merge={"lists": "lists"},
        ),
        text="You are on [[lists]] lists.",
    )
    (delivery,) = message.deliveries.all()
    assert (delivery.address, delivery.merge) == ("two@example.org", {"lists": 2})


@pytest.fixture
def four_on_two_lists() -> None:
    """Readers a, b, c and d on two lists each."""
    for name in "abcd":
        subscriber = SubscriberFactory(email=f"{name}@example.org", name=name.upper())
        SubscriptionFactory.create_batch(2, subscriber=subscriber, confirmed=True)


@pytest.mark.usefixtures("four_on_two_lists")
@pytest.mark.parametrize(
    ("queryset", "expected", "numbers"),
    [
        (lambda: Subscriber.objects.order_by("-email"), "abcd", (4, 0, 0)),
        (lambda: Subscriber.objects.order_by("?"), "abcd", (4, 0, 0)),
        (lambda: Subscriber.objects.order_by("email")[:2], "ab", (2, 0, 0)),
        (lambda: Subscriber.objects.order_by("-email")[1:3], "bc", (2, 0, 0)),
        (
            lambda: Subscriber.objects.filter(subscriptions__state="confirmed").distinct(),
            "abcd",
            (4, 0, 0),
        ),
        (
            lambda: Subscriber.objects.order_by("normalised").distinct("normalised"),
            "abcd",
            (4, 0, 0),
        ),
        (
            # Which row of each stays is what the order says.
            lambda: Subscriber.objects.order_by("language", "-email").distinct("language"),
            "d",
            (1, 0, 0),
        ),
        (
            lambda: Subscriber.objects.filter(email__lt="c").exclude(email__startswith="a"),
            "b",
            (1, 0, 0),
        ),
        (
            lambda: Subscriber.objects.filter(
                pk__in=Subscription.objects.confirmed().values("subscriber")
            ),
            "abcd",
            (4, 0, 0),
        ),
        (lambda: Subscriber.objects.only("pk").select_related(None), "abcd", (4, 0, 0)),
    ],
    ids=[
        *("ordered", "shuffled", "first", "slice", "distinct", "distinct on"),
        *("distinct on in order", "excluding", "subquery", "deferred"),
    ],
)
def test_the_query_may_be_of_any_shape(queryset, expected, numbers):
    message = queue(everybody(queryset=queryset(), merge={"name": "name"}), text="[[name]]")
    assert addresses(message) == [f"{name}@example.org" for name in expected]
    assert counts(message) == numbers
