"""Who gets letters, from which lists, and what they chose."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Now, Upper
from django.utils.translation import gettext_lazy as _

from icrtop.mail.addresses import MAX_LENGTH
from icrtop.places.models import Country, Region
from newsletter.models.lists import MailingList
from pages.fields import ChoiceArrayField
from pages.models.publications import Language


class Frequency(models.TextChoices):
    """How often a subscriber gets what there is to alert them to."""

    AT_ONCE = "at_once", _("At once, a letter for each")
    DAILY = "daily", _("Once a day, in one letter")
    WEEKLY = "weekly", _("Once a week, in one letter")


class Topic(models.TextChoices):
    """What can be followed wherever in the world it happens."""

    SITUATIONS = "situations", _("Every change of a country situation")
    UN = "un", _("Developments at the United Nations")
    REGIONAL = "regional", _("Developments in regional and sub-regional organisations")
    NATIONAL = "national", _("Developments in countries")
    CIVIL_SOCIETY = "civil_society", _("Developments in civil society")
    PUBLICATIONS = "publications", _("New publications")


# What staff search in. One expression has one index, whatever part of it is typed.
SEARCHED = Upper(Concat("email", Value(" "), "name"))


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def searched(self, words: str) -> Self:
        """Those whose address or name has all these words in it, or parts of them.

        An address is also found by how it is compared, from its beginning.
        """
        found = self.alias(searched=SEARCHED)
        for word in words.split():
            contained = Q(searched__contains=Upper(Value(word)))
            found = found.filter(contained | Q(normalised__startswith=word.casefold()))
        return found

    def following(self, countries: models.QuerySet[Country]) -> Self:
        """Those who follow one of these countries, by itself or in a region that it lies in."""
        regions = Region.objects.filter(
            Q(countries__in=countries) | Q(sub_regions__countries__in=countries)
        )
        return self.filter(
            Q(
                pk__in=Subscriber.countries.through.objects.filter(country__in=countries).values(
                    "subscriber"
                )
            )
            | Q(
                pk__in=Subscriber.regions.through.objects.filter(region__in=regions).values(
                    "subscriber"
                )
            )
        )


class Subscriber(models.Model):
    """Someone who has asked for letters, known by an e-mail address however it is spelt."""

    email = models.EmailField(_("e-mail address"), max_length=MAX_LENGTH)
    normalised = models.CharField(
        _("address for comparison"),
        max_length=MAX_LENGTH,
        unique=True,
        editable=False,
        db_collation="C",
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=Language.choices, default=settings.LANGUAGE_CODE
    )
    # What alerts are about. Where nothing is chosen, there are none.
    countries = models.ManyToManyField(
        Country, blank=True, related_name="+", verbose_name=_("countries")
    )
    regions = models.ManyToManyField(
        Region, blank=True, related_name="+", verbose_name=_("regions")
    )
    topics = ChoiceArrayField(
        models.CharField(max_length=20, choices=Topic.choices),
        blank=True,
        default=list,
        verbose_name=_("topics"),
    )
    frequency = models.CharField(
        _("how often alerts come"),
        max_length=10,
        choices=Frequency.choices,
        default=Frequency.WEEKLY,
    )
    created = models.DateTimeField(_("first asked"), db_default=Now(), editable=False)
    mailing_lists = models.ManyToManyField(
        MailingList, through="Subscription", related_name="subscribers"
    )

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        # "manage" is to put somebody on a list or off it, to import, export and erase.
        default_permissions = ("view", "manage")
        ordering = ["-pk"]
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        indexes = [
            GinIndex(OpClass(SEARCHED, name="gin_trgm_ops"), name="newsletter_subscriber_searched")
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def masked_email(self) -> str:
        """The address as its owner knows it again, and nobody who has a letter passed on learns."""
        local, _at, domain = self.email.rpartition("@")
        return f"{local[:1]}…@{domain}"

    def offered_lists(self) -> models.QuerySet[MailingList]:
        """Lists that the subscriber may choose: open ones, and closed ones that they are on."""
        theirs = self.subscriptions.confirmed().values("mailing_list")
        return MailingList.objects.filter(Q(is_public=True) | Q(pk__in=theirs))


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def confirmed(self) -> Self:
        """Subscriptions that letters are sent for."""
        return self.filter(state=Subscription.State.CONFIRMED)

    def unconfirmed(self) -> Self:
        """Subscriptions that are not sent to: not yet confirmed, or ended."""
        return self.exclude(state=Subscription.State.CONFIRMED)

    def ongoing(self) -> Self:
        """Subscriptions that can be ended: confirmed, or waiting to be."""
        return self.exclude(state=Subscription.State.UNSUBSCRIBED)


class Subscription(models.Model):
    """One subscriber on one list."""

    class State(models.TextChoices):
        PENDING = "pending", _("not yet confirmed")
        CONFIRMED = "confirmed", _("confirmed")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")

    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="subscriptions", verbose_name=_("subscriber")
    )
    mailing_list = models.ForeignKey(
        MailingList, models.PROTECT, related_name="subscriptions", verbose_name=_("list")
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    asked_at = models.DateTimeField(_("asked"), db_default=Now())
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True, blank=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ["mailing_list__position", "mailing_list__name"]
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "mailing_list"], name="newsletter_subscription_once_per_list"
            ),
            models.CheckConstraint(
                condition=models.Q(state="pending")
                | models.Q(state="confirmed", confirmed_at__isnull=False)
                | models.Q(state="unsubscribed", unsubscribed_at__isnull=False),
                name="newsletter_subscription_state",
            ),
        ]
        indexes = [
            models.Index(fields=["mailing_list", "state"], name="newsletter_list_and_state"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber}, {self.mailing_list}"


class FormerSubscription(models.Model):
    """The key of a subscription that was united with another one: links in old letters have it."""

    key = models.BigIntegerField(primary_key=True)
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="former")

    class Meta:
        default_permissions = ()
        verbose_name = _("former subscription")
        verbose_name_plural = _("former subscriptions")

    def __str__(self) -> str:
        return str(self.key)
