"""Events, each a page."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageManager
from wagtail.search import index

from events.models.details import EventDetails, with_details
from events.models.occurrences import Occurrence, occurrences_of, save_occurrences
from events.models.recurrence import errors_in_recurrence, years_of
from events.models.timed import Timed
from events.proposals.panel import ProposalPanel
from icrtop.places.models import Country
from pages.blocks import BodyBlock
from pages.fields import ChoiceArrayField
from pages.models import BasePage, Language, PublicationPage, SituationPage
from pages.models.base import BasePageQuerySet

# What a calendar shows of an event: when one of these changes, so does the event in it.
IN_CALENDARS = (
    "title",
    "slug",
    "introduction",
    "kind",
    "status",
    "status_note",
    "time_zone",
    "all_day",
    "start_date",
    "start_time",
    "end_date",
    "end_time",
    "yearly",
    "last_year",
    "place",
    "country_id",
    "online",
    "online_address",
    "online_address_private",
    "website",
)


class Kind(models.TextChoices):
    CONFERENCE = "conference", _("Conference")
    DEBATE = "debate", _("Debate")
    SIDE_EVENT = "side_event", _("Side event")
    TRAINING = "training", _("Training")
    COMMEMORATION = "commemoration", _("Commemoration")
    ONLINE = "online", _("Online event")


class EventQuerySet(BasePageQuerySet):
    def shown(self) -> Self:
        """Live events that everybody may read."""
        return self.live().public()

    def upcoming(self) -> Self:
        """Live events that are not over, the next one first."""
        return self._listed().filter(ends_at__gt=timezone.now()).order_by("starts_at", "title")

    def past(self) -> Self:
        """Live events that are over, the latest first."""
        return self._listed().filter(ends_at__lte=timezone.now()).order_by("-starts_at", "title")

    def about(self, situation: SituationPage) -> Self:
        """Events that staff have related to a situation."""
        return self.filter(situations=situation)

    def in_region(self, code: str) -> Self:
        """Events in countries of a region or sub-region, by its M49 code."""
        return self.filter(country__in=Country.objects.in_region(code))

    def online(self) -> Self:
        """Events that can be attended online."""
        return self.filter(models.Q(online=True) | models.Q(kind=Kind.ONLINE))

    def _listed(self) -> Self:
        return self.shown().select_related("country").defer_streamfields()


class EventPage(BasePage, Timed):
    """One event, or a commemoration of every year.

    `starts_at` and `ends_at` span all its occurrences.
    """

    search_kind = ("event", _("Events"))

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    status_note = models.CharField(
        _("what visitors read about it"),
        max_length=300,
        blank=True,
        help_text=_("Why it is postponed or cancelled, and what comes now. May be empty."),
    )
    yearly = models.BooleanField(
        _("every year"), default=False, help_text=_("On the same day, as commemorations are.")
    )
    last_year = models.PositiveSmallIntegerField(
        _("last year"),
        null=True,
        blank=True,
        help_text=_("Of an event of every year: no event can repeat without an end."),
    )
    place = models.CharField(_("place"), max_length=255, blank=True)
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("country"),
    )
    online = models.BooleanField(
        _("can be attended online"), default=False, help_text=_("An online event always can.")
    )
    online_address = models.URLField(_("online address"), max_length=500, blank=True)
    online_address_private = models.BooleanField(
        _("only for those registered"),
        default=False,
        help_text=_("The address stands in their letters, and nowhere on the site."),
    )
    website = models.URLField(
        _("organiser's page"),
        max_length=500,
        blank=True,
        help_text=_("Where the organiser tells about this event."),
    )
    languages = ChoiceArrayField(
        models.CharField(max_length=10, choices=Language.choices),
        blank=True,
        default=list,
        verbose_name=_("languages"),
    )
    accessibility = models.TextField(
        _("accessibility"),
        blank=True,
        max_length=600,
        help_text=_("Such as step-free entrance, sign language, captions, and whom to ask."),
    )
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))
    situations = ParentalManyToManyField(
        SituationPage, blank=True, related_name="events", verbose_name=_("related situations")
    )
    documents = ParentalManyToManyField(
        PublicationPage, blank=True, related_name="events", verbose_name=_("related documents")
    )
    registration = models.BooleanField(
        _("registration"), default=False, help_text=_("Visitors can register on the site.")
    )
    capacity = models.PositiveIntegerField(
        _("places"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text=_("Who comes when all are taken waits for one. Empty: as many as wish."),
    )
    register_until = models.DateField(
        _("last day to register"),
        null=True,
        blank=True,
        help_text=_("Empty: until the event begins."),
    )

    # How calendars tell that they have an old version (RFC 5545, SEQUENCE and LAST-MODIFIED).
    sequence = models.PositiveIntegerField(default=0, editable=False)
    calendar_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    calendar_digest = models.CharField(max_length=64, blank=True, editable=False)

    page_description = _("An event on RtoP: when and where it takes place, and what it is about.")
    parent_page_types = ["events.EventIndexPage"]
    subpage_types: list[str] = []
    exclude_fields_in_copy = ["sequence", "calendar_changed_at", "calendar_digest"]
    content_panels = [
        ProposalPanel(),
        *BasePage.content_panels,
        FieldRowPanel([FieldPanel("kind"), FieldPanel("status")]),
        FieldPanel("status_note"),
        MultiFieldPanel(
            [
                FieldPanel("time_zone", required_on_save=True),
                FieldPanel("all_day"),
                FieldRowPanel([FieldPanel("start_date"), FieldPanel("start_time")]),
                FieldRowPanel([FieldPanel("end_date"), FieldPanel("end_time")]),
            ],
            heading=_("When"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("yearly"), FieldPanel("last_year")]),
                InlinePanel("exceptions", heading=_("Exceptions"), label=_("Exception")),
            ],
            heading=_("Every year"),
        ),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("place"), FieldPanel("country")]),
                FieldPanel("online"),
                FieldRowPanel([FieldPanel("online_address"), FieldPanel("online_address_private")]),
            ],
            heading=_("Where"),
        ),
        InlinePanel("organisers", heading=_("Organisers"), label=_("Organiser")),
        FieldPanel("website"),
        FieldPanel("languages"),
        FieldPanel("accessibility"),
        FieldPanel("body"),
        FieldPanel("situations"),
        FieldPanel("documents"),
    ]
    search_fields = [
        *BasePage.search_fields,
        index.SearchField("body"),
        index.SearchField("place"),
        index.FilterField("country"),
        index.RelatedFields("country", [index.SearchField("name")]),
    ]

    objects = PageManager.from_queryset(EventQuerySet)()

    class Meta:
        verbose_name = _("event")

    # Annotated by `with_details`, of which `EventDetails` makes what the page shows.
    exception_rows: list[dict[str, Any]]
    organiser_rows: list[dict[str, Any]]

    @classmethod
    def for_visitors(cls) -> EventQuerySet:
        events: EventQuerySet = with_details(cls.objects.all())
        return events

    @property
    def uid(self) -> str:
        """What calendars know it by, for the life of the page (RFC 7986, section 5.3)."""
        return str(self.translation_key)

    @property
    def is_online(self) -> bool:
        return self.online or self.kind == Kind.ONLINE

    @property
    def public_online_address(self) -> str:
        """The online address, unless it is for those registered only."""
        return "" if self.online_address_private else self.online_address

    @property
    def years(self) -> range:
        """The years in which it is, exceptions or not."""
        return years_of(self)

    @cached_property
    def all_occurrences(self) -> list[Occurrence]:
        """All times at which it takes place, or would have, as it is in memory."""
        return occurrences_of(self)

    @cached_property
    def occurrence(self) -> Occurrence | None:
        """The one to show where there is room for one: that is on or comes next, else the last."""
        found = self.all_occurrences
        return next((one for one in found if not one.is_over), found[-1] if found else None)

    @property
    def language_labels(self) -> list[str]:
        return [str(Language(value).label) for value in self.languages]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["details"] = EventDetails(self)
        return context

    def clean(self) -> None:
        """Refuse what cannot be, beside what `Timed` refuses: a rule without end, and so on."""
        errors: dict[str, Any] = {}
        try:
            super().clean()
        except ValidationError as wrong:
            errors = wrong.update_error_dict(errors)
        for name, error in (errors_in_recurrence(self) | self._errors_in_registration()).items():
            errors.setdefault(name, error)
        if errors:
            raise ValidationError(errors)

    def _errors_in_registration(self) -> dict[str, Any]:
        errors: dict[str, Any] = {}
        if self.registration and self.yearly:
            errors["registration"] = _("People can only register for an event that is held once.")
        if self.online_address_private and not self.registration:
            errors["online_address_private"] = _(
                "Nobody would learn the address: switch registration on, or show it to everybody."
            )
        if self.register_until and self.start_date and self.register_until > self.last_date:
            errors["register_until"] = _("The last day to register cannot be after the event.")
        return errors

    @transaction.atomic
    def save(self, clean: bool = True, **kwargs: Any) -> None:
        # With some fields alone, such as when a draft is noted, the rest in memory may be a draft.
        is_whole = kwargs.get("update_fields") is None
        if is_whole:
            if clean and self.live:
                self.full_clean()  # Only dates and times that exist have instants.
            self.__dict__.pop("all_occurrences", None)
            self.__dict__.pop("occurrence", None)
            self.starts_at, self.ends_at = self._span()
            self._count_change()
        super().save(clean=clean, **kwargs)  # type: ignore[call-arg] # Page's own takes it.
        if is_whole:
            save_occurrences(self)

    def _span(self) -> tuple[Any, Any]:
        """From the beginning of the first occurrence to the end of the last one."""
        found = self.all_occurrences
        if not found:  # Each year is left out.
            return self.instants()
        return found[0].starts_at, max(one.ends_at for one in found)

    def _count_change(self) -> None:
        """Count a change that calendars show; a revision may bring back an old count."""
        fields = ("sequence", "calendar_changed_at", "calendar_digest")
        rows = EventPage.objects.select_for_update(of=("self",)).filter(pk=self.pk)
        before = rows.values_list(*fields).first() if self.pk else None
        self.sequence, self.calendar_changed_at, self.calendar_digest = before or (
            0,
            timezone.now(),
            "",
        )
        digest = self._digest()
        if not self.live or digest == self.calendar_digest:
            return
        if self.calendar_digest:
            self.sequence += 1
        self.calendar_changed_at, self.calendar_digest = timezone.now(), digest

    def _digest(self) -> str:
        told = {name: getattr(self, name) for name in IN_CALENDARS}
        exceptions = [[one.year, one.what, one.start_date] for one in self.exceptions.all()]
        told["exceptions"] = sorted(exceptions, key=lambda one: one[0])
        text = json.dumps(told, cls=DjangoJSONEncoder, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
