"""Random readers, choices and changes, against a plain model of who is to get what."""

import datetime
import random

import pytest

from newsletter.alerts import matching, sending
from newsletter.alerts.noticing import list_of_alerts
from newsletter.models import Alert, Frequency, Subscriber
from tests.factories.pages import DevelopmentPageFactory
from tests.newsletter.alerting import ZONE, follower, publish, published_at, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page", "lists")]

# Country → sub-region and region; the last one lies in a region without a sub-region of its own.
PLACES = {"KE": {"014", "002"}, "UG": {"014", "002"}, "TD": {"017", "002"}, "FR": {"155", "150"}}
REGIONS = sorted({code for codes in PLACES.values() for code in codes})
LEVELS = {"un": "un", "regional": "regional", "sub_regional": "regional", "national": "national"}
TOPICS = sorted(set(LEVELS.values()))
START = datetime.datetime(2026, 11, 2, 0, 0, tzinfo=ZONE)
HOUR = datetime.timedelta(hours=1)


class Reader:
    """Somebody as the plain model knows them."""

    def __init__(self, dice: random.Random) -> None:
        self.frequency = dice.choice(list(Frequency))
        self.countries = set(dice.sample(sorted(PLACES), dice.randint(0, 2)))
        self.regions = set(dice.sample(REGIONS, dice.choice([0, 0, 1, 2])))
        self.topics = set(dice.sample(TOPICS, dice.choice([0, 0, 1, 2])))
        self.confirmed_at = START + dice.choice([-1000, 30, 60]) * HOUR
        self.row = follower(
            *sorted(self.topics),
            countries=sorted(self.countries),
            regions=sorted(self.regions),
            frequency=self.frequency,
            confirmed_at=self.confirmed_at,
        )

    def follows(self, countries: set[str], topic: str) -> bool:
        regions = {code for country in countries for code in PLACES[country]}
        return bool(self.countries & countries or self.regions & regions or topic in self.topics)

    def change_frequency(self, dice: random.Random) -> None:
        self.frequency = dice.choice(list(Frequency))
        Subscriber.objects.filter(pk=self.row.pk).update(frequency=self.frequency)


@pytest.mark.parametrize("seed", range(8))
def test_everybody_gets_what_they_follow_once_whatever_they_do(seed):
    dice = random.Random(seed)  # noqa: S311 # A test that can be repeated.
    readers = [Reader(dice) for _ in range(25)]
    expected: dict[int, set[int]] = {reader.row.pk: set() for reader in readers}
    now = START
    for _ in range(24):
        now += dice.randint(1, 16) * HOUR
        if dice.random() < 0.4:
            countries = set(dice.sample(sorted(PLACES), dice.choice([0, 1, 1, 2])))
            level = dice.choice(sorted(LEVELS))
            publish(DevelopmentPageFactory(level=level, countries=sorted(countries)))
            alert = published_at(Alert.objects.latest("pk"), now)
            matching_readers = [
                reader
                for reader in readers
                if reader.follows(countries, LEVELS[level]) and reader.confirmed_at < now
            ]
            for reader in matching_readers:
                expected[reader.row.pk].add(alert.pk)
            counted = matching.count_readers(list_of_alerts(), alert)
            assert sum(counted.values()) == len(matching_readers)
            for frequency, number in counted.items():
                assert number == sum(each.frequency == frequency for each in matching_readers)
        if dice.random() < 0.5:
            dice.choice(readers).change_frequency(dice)
        if dice.random() < 0.7:
            sending.send_alerts(now)
    for day in range(1, 16):
        sending.send_alerts(now + day * 24 * HOUR)
    assert any(expected.values())
    for reader in readers:
        assert told(reader.row) == sorted(expected[reader.row.pk])
