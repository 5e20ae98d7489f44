"""Mailing lists, who is on them, and what they agreed to."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from icrtop.mail.addresses import MAX_LENGTH


class MailingListQuerySet(models.QuerySet["MailingList"]):
    def public(self) -> Self:
        """Lists that anyone may subscribe to, in staff's order."""
        return self.filter(is_public=True)


class MailingList(models.Model):
    """One of the lists that the listserv serves."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    slug = models.SlugField(
        _("short name"),
        unique=True,
        help_text=_(
            "Part of the list's address and of its headers. Keep it once letters were sent."
        ),
    )
    description = models.TextField(
        _("description"),
        blank=True,
        max_length=300,
        help_text=_("What subscribers get and how often. Shown beside the box that they tick."),
    )
    is_public = models.BooleanField(
        _("open to everybody"),
        default=True,
        help_text=_("A closed list is not offered on the website; staff decide who is on it."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = MailingListQuerySet.as_manager()

    panels = [
        FieldPanel("name"),
        FieldPanel("slug"),
        FieldPanel("description"),
        FieldPanel("is_public"),
        FieldPanel("position"),
    ]

    class Meta:
        default_permissions = ("add", "change", "view")
        ordering = ["position", "name"]
        verbose_name = _("mailing list")
        verbose_name_plural = _("mailing lists")

    def __str__(self) -> str:
        return self.name


class Subscriber(models.Model):
    """Someone who has asked for letters, known by an e-mail address however it is spelt."""

    email = models.EmailField(_("e-mail address"), max_length=MAX_LENGTH)
    normalised = models.CharField(
        _("address for comparison"), max_length=MAX_LENGTH, unique=True, editable=False
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    created = models.DateTimeField(_("first asked"), db_default=Now(), editable=False)
    mailing_lists = models.ManyToManyField(
        MailingList, through="Subscription", related_name="subscribers"
    )

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")

    def __str__(self) -> str:
        return self.email

    @property
    def lists_and_states(self) -> str:
        """Each list with the state of its subscription, in one line."""
        return ", ".join(
            f"{subscription.mailing_list} ({subscription.get_state_display()})"
            for subscription in self.subscriptions.all()
        )


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


class Consent(models.Model):
    """What a subscriber agreed to, in the words that were shown. Never changed, only confirmed.

    It is the evidence that data protection law asks for (GDPR, article 7, 1), so nothing in it is
    looked up elsewhere. The client's network address is not kept: the confirmation, which only the
    mailbox's owner can give, proves more.
    """

    subscriber = models.ForeignKey(
        Subscriber, models.CASCADE, related_name="consents", verbose_name=_("subscriber")
    )
    mailing_lists = models.ManyToManyField(
        MailingList, related_name="consents", verbose_name=_("lists")
    )
    wording = models.TextField(_("wording"))
    wording_version = models.CharField(_("version of the wording"), max_length=20)
    how = models.CharField(_("how"), max_length=200)
    given_at = models.DateTimeField(_("given"), db_default=Now(), editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True, editable=False)

    class Meta:
        default_permissions = ("view",)
        ordering = ["-pk"]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")

    def __str__(self) -> str:
        return self.wording

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A consent is a record: it is confirmed by `services.confirm` only.")
        super().save(*args, **kwargs)
