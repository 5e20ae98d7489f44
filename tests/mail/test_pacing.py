"""Limits on how fast letters leave, counted in the real Redis."""

from datetime import timedelta

import pytest
from django.utils import timezone

from icrtop import ratelimit
from icrtop.mail import sending
from icrtop.mail.models import Delivery, Priority, State
from icrtop.mail.pacing import GO, SHORTEST_WAIT, Pace, PaceUnknown
from tests.factories.mail import DeliveryFactory, MessageFactory

MINUTE = 60.0


@pytest.fixture
def no_redis(settings):
    """Nothing listens where Redis should."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    ratelimit.limiter.cache_clear()
    yield
    ratelimit.limiter.cache_clear()


def waiting() -> list[Delivery]:
    return list(Delivery.objects.filter(state=State.PENDING).order_by("next_attempt_at"))


def test_the_limit_on_everything_is_shared_by_all_workers(settings):
    settings.MAIL_RATE = "3/minute"
    one, other = Pace(), Pace()
    assert one.take_turn("a.example", urgent=False) == GO
    assert other.take_turn("b.example", urgent=False) == GO
    assert one.take_turn("c.example", urgent=True) == GO
    for pace in (one, other):
        turn = pace.take_turn("d.example", urgent=True)
        assert turn.everybody
        assert SHORTEST_WAIT <= turn.wait <= MINUTE


def test_the_limit_of_a_domain_keeps_back_that_domain_alone(settings):
    settings.MAIL_DOMAIN_RATES = {"slow.example": "2/minute"}
    one, other = Pace(), Pace()
    assert one.take_turn("slow.example", urgent=True) == GO
    assert other.take_turn("slow.example", urgent=True) == GO
    turn = one.take_turn("slow.example", urgent=True)
    assert not turn.everybody
    assert SHORTEST_WAIT <= turn.wait <= MINUTE
    assert one.take_turn("fast.example", urgent=True) == GO


def test_a_limit_for_any_domain_counts_each_by_itself_and_yields_to_its_own(settings):
    settings.MAIL_DOMAIN_RATES = {"*": "1/minute", "big.example": "2/minute"}
    pace = Pace()
    for domain, turns in {"a.example": 1, "b.example": 1, "big.example": 2}.items():
        for _turn in range(turns):
            assert pace.take_turn(domain, urgent=True) == GO
        assert pace.take_turn(domain, urgent=True).wait > 0


def test_a_letter_that_its_domain_keeps_back_is_not_counted_against_all(settings):
    settings.MAIL_RATE = "2/minute"
    settings.MAIL_DOMAIN_RATES = {"slow.example": "1/minute"}
    pace = Pace()
    assert pace.take_turn("slow.example", urgent=True) == GO
    assert not pace.take_turn("slow.example", urgent=True).everybody
    assert pace.take_turn("fast.example", urgent=True) == GO
    assert pace.take_turn("fast.example", urgent=True).everybody


def test_a_letter_that_all_keep_back_is_not_counted_against_its_domain(settings):
    settings.MAIL_RATE = "1/minute"
    settings.MAIL_DOMAIN_RATES = {"slow.example": "1/minute"}
    pace = Pace()
    assert pace.take_turn("fast.example", urgent=True) == GO
    assert pace.take_turn("slow.example", urgent=True).everybody
    settings.MAIL_RATE = ""
    assert pace.take_turn("slow.example", urgent=True) == GO


def test_letters_of_a_bulletin_are_put_off_one_behind_the_other(settings):
    settings.MAIL_DOMAIN_RATES = {"slow.example": "2/minute"}
    pace = Pace()
    while not (first := pace.take_turn("slow.example", urgent=False)).wait:
        pass
    second = pace.take_turn("slow.example", urgent=False)
    third = pace.take_turn("slow.example", urgent=False)
    # Two a minute: one every thirty seconds, less what the asking takes.
    assert first.wait + 25 < second.wait <= first.wait + 30
    assert second.wait + 25 < third.wait <= second.wait + 30


def test_a_letter_that_somebody_waits_for_is_not_put_behind_the_bulletin(settings):
    settings.MAIL_DOMAIN_RATES = {"slow.example": "1/minute"}
    pace = Pace()
    for _letter in range(5):
        pace.take_turn("slow.example", urgent=False)
    assert 0 < pace.take_turn("slow.example", urgent=True).wait <= MINUTE


def test_nobody_goes_while_the_limits_cannot_be_looked_up(settings, no_redis):
    settings.MAIL_RATE = "100/second"
    with pytest.raises(PaceUnknown):
        Pace().take_turn("a.example", urgent=True)


def test_without_limits_nobody_asks(no_redis):
    assert Pace().take_turn("a.example", urgent=True) == GO


@pytest.mark.django_db
def test_without_limits_letters_leave_also_while_redis_is_away(sink, no_redis):
    DeliveryFactory.create_batch(3)
    sending.send_due()
    assert len(sink.letters) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "limits", [{"MAIL_RATE": "100/second"}, {"MAIL_DOMAIN_RATES": {"*": "100/second"}}]
)
def test_while_the_limits_cannot_be_looked_up_nothing_is_sent_and_nothing_lost(
    settings, sink, no_redis, limits
):
    for name, value in limits.items():
        setattr(settings, name, value)
    DeliveryFactory.create_batch(12)
    sending.send_due(seconds=5)
    assert sink.letters == []
    letters = waiting()
    assert len(letters) == 12
    assert {(each.attempts, each.releases, each.token) for each in letters} == {(0, 0, None)}


@pytest.mark.django_db
def test_once_redis_is_back_the_letters_leave(settings, sink):
    settings.MAIL_RATE = "100/second"
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"
    ratelimit.limiter.cache_clear()
    DeliveryFactory.create_batch(3)
    sending.send_due(seconds=1)
    assert sink.letters == []

    settings.REDIS_URL = there
    ratelimit.limiter.cache_clear()
    Delivery.objects.update(next_attempt_at=timezone.now())
    sending.send_due()
    assert len(sink.letters) == 3


@pytest.mark.django_db
def test_what_exceeds_the_limit_on_everything_waits_for_the_next_run(settings, sink):
    settings.MAIL_RATE = "2/minute"
    DeliveryFactory.create_batch(8)
    sending.send_due(seconds=5)
    assert len(sink.letters) == 2
    letters = waiting()
    assert len(letters) == 6
    assert {(each.attempts, each.releases, each.token) for each in letters} == {(0, 0, None)}
    later = timezone.now() + timedelta(seconds=MINUTE)
    assert all(timezone.now() < each.next_attempt_at <= later for each in letters)


@pytest.mark.django_db
def test_a_short_wait_is_waited_out_and_what_was_sent_is_noted_before(settings, sink, monkeypatch):
    settings.MAIL_RATE = "1/second"
    DeliveryFactory.create_batch(3)
    noted, sleep = [], sending.time.sleep

    def note_and_sleep(seconds):
        noted.append(Delivery.objects.filter(state=State.SENT).count())
        sleep(seconds)

    monkeypatch.setattr(sending.time, "sleep", note_and_sleep)
    sending.send_due()
    assert len(sink.letters) == 3
    assert sorted(set(noted)) == [1, 2]


@pytest.mark.django_db
def test_a_domain_that_has_had_its_share_does_not_keep_others_back(settings, sink):
    settings.MAIL_DOMAIN_RATES = {"slow.example": "1/minute"}
    bulletin = MessageFactory(priority=Priority.BULK)
    for number in range(4):
        DeliveryFactory(message=bulletin, address=f"jo{number}@slow.example")
    others = DeliveryFactory.create_batch(4, message=bulletin)
    sending.send_due(seconds=5)
    assert sorted(sink.recipients) == sorted(
        ["jo0@slow.example", *(each.address for each in others)]
    )
    first, second, third = waiting()
    minute = timedelta(seconds=MINUTE)
    assert timezone.now() < first.next_attempt_at <= timezone.now() + minute
    for before, after in ((first, second), (second, third)):
        assert minute * 0.9 < after.next_attempt_at - before.next_attempt_at <= minute * 1.1
    assert {(each.attempts, each.releases) for each in (first, second, third)} == {(0, 0)}
