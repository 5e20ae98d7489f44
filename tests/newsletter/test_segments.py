"""Who a bulletin reaches: counted before it is sent, and the same when it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from icrtop.mail.models import State, Suppression
from icrtop.places.models import Country, Region
from newsletter.segments import Segment, reach, recipients
from tests.factories.mail import DeliveryFactory, MessageFactory
from tests.factories.mailings import ListMailingFactory, MailingFactory, write_bulletin
from tests.factories.newsletter import (
    MailingListFactory,
    SubscriberFactory,
    SubscriptionFactory,
)

EVERYBODY = Segment()


@pytest.fixture
def lists(db):
    return MailingListFactory.create_batch(2)


@pytest.fixture
def bulletin(content):
    return write_bulletin()


def letters(bulletin, lists, segment=EVERYBODY) -> list[int]:
    return [each.letters for each in reach(bulletin, lists, segment).lists]


def on(mailing_list, **subscriber):
    return SubscriptionFactory(
        subscriber=SubscriberFactory(**subscriber), mailing_list=mailing_list, confirmed=True
    ).subscriber


def test_only_confirmed_subscriptions_count(bulletin, lists):
    first, _second = lists
    on(first)
    SubscriptionFactory(mailing_list=first)
    SubscriptionFactory(mailing_list=first, unsubscribed=True)
    assert letters(bulletin, lists) == [1, 0]


def test_who_is_on_several_lists_gets_one_letter_by_the_first(bulletin, lists):
    first, second = lists
    both = on(first)
    SubscriptionFactory(subscriber=both, mailing_list=second, confirmed=True)
    on(second)
    assert letters(bulletin, [first, second]) == [1, 1]
    assert letters(bulletin, [second, first]) == [2, 0]


def test_who_has_left_the_first_list_gets_the_letter_by_the_second(bulletin, lists):
    first, second = lists
    reader = SubscriptionFactory(mailing_list=first, unsubscribed=True).subscriber
    SubscriptionFactory(subscriber=reader, mailing_list=second, confirmed=True)
    assert letters(bulletin, lists) == [0, 1]


def test_suppressed_addresses_are_told_apart(bulletin, lists):
    first, _second = lists
    on(first)
    gone = on(first)
    Suppression.objects.create(normalised=gone.normalised, reason="bounced")
    found = reach(bulletin, lists, EVERYBODY)
    assert (found.letters, found.suppressed) == (1, 1)


def test_a_list_that_was_not_chosen_counts_for_nothing(bulletin, lists):
    on(lists[1])
    assert letters(bulletin, lists[:1]) == [0]


def test_a_segment_of_languages(bulletin, lists):
    on(lists[0], language="fr")
    on(lists[0], language="en")
    on(lists[0], language="es")
    assert letters(bulletin, lists, Segment(languages=["fr", "es"])) == [2, 0]


def test_followers_of_a_country_follow_it_or_a_region_around_it(bulletin, lists):
    sudan = Country.objects.get(code="SD")
    follows_it, follows_part, follows_all, follows_other, _follows_nothing = (
        on(lists[0]) for _each in range(5)
    )
    follows_it.countries.add(sudan)
    follows_part.regions.add(sudan.sub_region)
    follows_all.regions.add(sudan.sub_region.parent)
    follows_other.countries.add("MM")
    segment = Segment(countries=[sudan])
    assert letters(bulletin, lists, segment) == [3, 0]
    found = recipients(bulletin, lists, segment).values_list("subscriber", flat=True)
    assert set(found) == {follows_it.pk, follows_part.pk, follows_all.pk}


def test_followers_in_a_region_follow_any_country_of_it(bulletin, lists):
    africa = Region.objects.get(code="002")
    on(lists[0]).countries.add("SD")
    on(lists[0]).regions.add(Country.objects.get(code="KE").sub_region)
    on(lists[0]).regions.add(africa)
    on(lists[0]).countries.add("MM")
    assert letters(bulletin, lists, Segment(regions=[africa])) == [3, 0]


def test_who_follows_two_countries_of_a_segment_is_one_reader(bulletin, lists):
    reader = on(lists[0])
    reader.countries.add("SD", "MM")
    reader.regions.add("002")
    segment = Segment(countries=list(Country.objects.filter(code__in=("SD", "MM"))))
    assert letters(bulletin, lists, segment) == [1, 0]


def test_places_and_languages_must_both_fit(bulletin, lists):
    on(lists[0], language="fr").countries.add("SD")
    on(lists[0], language="en").countries.add("SD")
    segment = Segment(countries=[Country.objects.get(code="SD")], languages=["fr"])
    assert letters(bulletin, lists, segment) == [1, 0]


@pytest.mark.parametrize(
    ("state", "gets_it"),
    [
        (State.SENT, 0),
        (State.PENDING, 0),
        (State.UNCERTAIN, 0),
        (State.DEFERRED, 0),
        (State.CANCELLED, 1),
        (State.FAILED, 1),
        (State.SUPPRESSED, 1),
    ],
)
def test_who_has_had_the_bulletin_or_may_get_it_gets_no_second(bulletin, lists, state, gets_it):
    reader = on(lists[0])
    message = MessageFactory()
    ListMailingFactory(
        mailing=MailingFactory(bulletin=bulletin), mailing_list=lists[1], message=message
    )
    DeliveryFactory(message=message, address=reader.email, state=state)
    found = reach(bulletin, lists, EVERYBODY)
    assert (found.letters, found.had_it) == (gets_it, 1 - gets_it)
    assert recipients(bulletin, lists, EVERYBODY).count() == gets_it


def test_another_bulletin_was_another_letter(bulletin, lists):
    reader = on(lists[0])
    message = MessageFactory()
    ListMailingFactory(
        mailing=MailingFactory(bulletin=write_bulletin()),
        mailing_list=lists[0],
        message=message,
    )
    DeliveryFactory(message=message, address=reader.email, state=State.SENT)
    assert letters(bulletin, lists) == [1, 0]


def test_counting_is_two_queries(bulletin, lists):
    on(lists[0]).countries.add("SD")
    segment = Segment(countries=[Country.objects.get(code="SD")], languages=["en"])
    with CaptureQueriesContext(connection) as queries:
        reach(bulletin, lists, segment)
    assert len(queries) == 2
