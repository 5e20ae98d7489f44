"""Who of some lists gets a letter: each person once, by the first of the lists that they are on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from icrtop.mail.models import Delivery, State, Suppression
from icrtop.places.models import Country, Region
from newsletter.models.bulletins import BulletinPage
from newsletter.models.lists import MailingList
from newsletter.models.mailings import ListMailing
from newsletter.models.subscribers import Subscriber, Subscription


@dataclass(frozen=True)
class Segment:
    """A part of the subscribers: all of them, where nothing is chosen."""

    countries: Sequence[Country] = ()
    regions: Sequence[Region] = ()
    languages: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.countries or self.regions or self.languages)

    def narrow(self, subscriptions: QuerySet[Subscription]) -> QuerySet[Subscription]:
        """Those of the subscriptions whose subscribers belong to the segment."""
        if self.languages:
            subscriptions = subscriptions.filter(subscriber__language__in=self.languages)
        if self.countries or self.regions:
            places = Q(pk__in=[country.pk for country in self.countries])
            for region in self.regions:
                places |= Q(sub_region=region) | Q(sub_region__parent=region)
            followers = Subscriber.objects.following(Country.objects.filter(places))
            subscriptions = subscriptions.filter(subscriber__in=followers.values("pk"))
        return subscriptions


@dataclass(frozen=True)
class ListCount:
    """How many of a list get a letter, and how many would if their address were not suppressed."""

    mailing_list: MailingList
    letters: int = 0
    suppressed: int = 0


@dataclass(frozen=True)
class Reach:
    """Who a letter reaches, list by list, and how many are left out as they have had it."""

    lists: list[ListCount] = field(default_factory=list)
    had_it: int = 0

    @property
    def letters(self) -> int:
        return sum(each.letters for each in self.lists)

    @property
    def suppressed(self) -> int:
        return sum(each.suppressed for each in self.lists)


def recipients(
    bulletin: BulletinPage, lists: Sequence[MailingList], segment: Segment
) -> QuerySet[Subscription]:
    """The subscriptions by which a bulletin is sent to these lists, one for each person.

    Who has a letter of this bulletin already, from an earlier mailing, is not among them.
    """
    return _fresh(_chosen(lists, segment), _messages_of(bulletin))


def reach(bulletin: BulletinPage, lists: Sequence[MailingList], segment: Segment) -> Reach:
    """Count who a bulletin would reach if it were sent now: two queries, three if it was before."""
    chosen, messages = _chosen(lists, segment), _messages_of(bulletin)
    suppressed = Q(subscriber__normalised__in=Suppression.objects.values("normalised"))
    rows = _by_list(_fresh(chosen, messages), held=Count("pk", filter=suppressed))
    found = {row["mailing_list"]: row for row in rows}
    counts = [
        ListCount(each, row["everybody"] - row["held"], row["held"])
        if (row := found.get(each.pk))
        else ListCount(each)
        for each in lists
    ]
    had_it = 0
    if messages:
        everybody = sum(row["everybody"] for row in _by_list(chosen))
        had_it = everybody - sum(row["everybody"] for row in found.values())
    return Reach(counts, had_it)


def _by_list(subscriptions: QuerySet[Subscription], **counts: Count) -> list[dict[str, int]]:
    """How many subscriptions each list has, as `everybody`, and what else is counted."""
    grouped = subscriptions.order_by().values("mailing_list")
    return list(grouped.annotate(everybody=Count("pk"), **counts))  # type: ignore[arg-type] # rows


def _chosen(lists: Sequence[MailingList], segment: Segment) -> QuerySet[Subscription]:
    turn = Case(
        *(When(mailing_list=each, then=Value(place)) for place, each in enumerate(lists)),
        output_field=IntegerField(),
    )
    confirmed = Subscription.objects.confirmed().filter(mailing_list__in=lists)
    chosen = segment.narrow(confirmed).annotate(turn=turn)
    if len(lists) > 1:
        earlier = (
            confirmed.annotate(turn=turn)
            .filter(subscriber=OuterRef("subscriber"), turn__lt=OuterRef("turn"))
            .order_by()
        )
        chosen = chosen.exclude(Exists(earlier))
    return chosen


def _messages_of(bulletin: BulletinPage) -> list[int]:
    """The keys of the messages that earlier mailings of a bulletin became.

    They may have come along with the bulletin, see `with_mailings`.
    """
    if "message_keys" in vars(bulletin):
        return list(bulletin.message_keys)
    parts = ListMailing.objects.filter(mailing__bulletin=bulletin).exclude(message=None)
    return list(parts.values_list("message", flat=True))


def _fresh(
    subscriptions: QuerySet[Subscription], messages: Sequence[int]
) -> QuerySet[Subscription]:
    """Without those whose subscriber has, or may get, a letter of these messages."""
    if not messages:
        return subscriptions
    letters = Delivery.objects.filter(
        normalised=OuterRef("subscriber__normalised"), message__in=messages
    )
    # In WHERE, where the database takes all of them at once.
    return subscriptions.exclude(
        Exists(letters.exclude(state__in=(State.CANCELLED, State.FAILED, State.SUPPRESSED)))
    )
