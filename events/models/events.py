"""Events, each a page."""

from __future__ import annotations

import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalManyToManyField
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageManager
from wagtail.search import index

from events.zones import NoSuchTime, ZoneField, earliest_instant, instant, validate_zone
from icrtop.places.models import Country
from pages.blocks import BodyBlock
from pages.models import BasePage, SituationPage
from pages.models.base import BasePageQuerySet

FIRST_YEAR, LAST_YEAR = 1900, 2100
MIDNIGHT = datetime.time()
DASH = "\N{EN DASH}"
ONE_DAY = datetime.timedelta(days=1)


class Kind(models.TextChoices):
    CONFERENCE = "conference", _("Conference")
    DEBATE = "debate", _("Debate")
    SIDE_EVENT = "side_event", _("Side event")
    TRAINING = "training", _("Training")
    COMMEMORATION = "commemoration", _("Commemoration")
    ONLINE = "online", _("Online event")


class Status(models.TextChoices):
    """What became of an event; one that does not take place stays visible and says so."""

    SCHEDULED = "scheduled", _("Takes place")
    POSTPONED = "postponed", _("Postponed")
    CANCELLED = "cancelled", _("Cancelled")


class EventQuerySet(BasePageQuerySet):
    def upcoming(self) -> Self:
        """Live events that are not over, the next one first."""
        return self._listed().filter(ends_at__gt=timezone.now()).order_by("starts_at", "title")

    def past(self) -> Self:
        """Live events that are over, the latest first."""
        return self._listed().filter(ends_at__lte=timezone.now()).order_by("-starts_at", "title")

    def upcoming_first(self) -> Self:
        """Live events: those that are not over, next one first, then the others, latest first.

        Each has `is_upcoming`.
        """
        upcoming = models.Q(ends_at__gt=timezone.now())
        return (
            self._listed()
            .annotate(is_upcoming=models.ExpressionWrapper(upcoming, models.BooleanField()))
            .order_by(
                "-is_upcoming",
                models.Case(models.When(upcoming, then="starts_at")),
                "-starts_at",
                "title",
            )
        )

    def about(self, situation: SituationPage) -> Self:
        """Events that staff have related to a situation."""
        return self.filter(situations=situation)

    def _listed(self) -> Self:
        return self.live().public().select_related("country").defer_streamfields()


class EventPage(BasePage):
    """One event.

    Dates and times are those of the clock at the venue. `starts_at` and `ends_at`, worked out from
    them whenever the page is saved, are instants: `ends_at` is the first one at which it is over.
    """

    search_kind = ("event", _("Events"))

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    status = models.CharField(
        _("status"), max_length=20, choices=Status.choices, default=Status.SCHEDULED
    )
    time_zone = ZoneField(
        _("time zone"),
        default="America/New_York",
        help_text=_("Of the venue. All dates and times are those of its clocks."),
    )
    all_day = models.BooleanField(
        _("all day"), default=False, help_text=_("Only the dates count, not the times.")
    )
    start_date = models.DateField(_("first day"))
    start_time = models.TimeField(_("begins at"), null=True, blank=True)
    end_date = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Empty if it is the first day.")
    )
    end_time = models.TimeField(_("ends at"), null=True, blank=True)
    starts_at = models.DateTimeField(_("starts"), editable=False, blank=True, db_index=True)
    ends_at = models.DateTimeField(_("over"), editable=False, blank=True, db_index=True)
    place = models.CharField(_("place"), max_length=255, blank=True)
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("country"),
    )
    body = StreamField(BodyBlock(), blank=True, verbose_name=_("body"))
    situations = ParentalManyToManyField(
        SituationPage, blank=True, related_name="events", verbose_name=_("related situations")
    )

    page_description = _("An event on RtoP: when and where it takes place, and what it is about.")
    parent_page_types = ["events.EventIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        *BasePage.content_panels,
        FieldRowPanel([FieldPanel("kind"), FieldPanel("status")]),
        MultiFieldPanel(
            [
                FieldPanel("time_zone", required_on_save=True),
                FieldPanel("all_day"),
                FieldRowPanel([FieldPanel("start_date"), FieldPanel("start_time")]),
                FieldRowPanel([FieldPanel("end_date"), FieldPanel("end_time")]),
            ],
            heading=_("When"),
        ),
        FieldRowPanel([FieldPanel("place"), FieldPanel("country")], heading=_("Where")),
        FieldPanel("body"),
        FieldPanel("situations"),
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

    # Annotated by `EventQuerySet.upcoming_first`.
    is_upcoming: bool

    @property
    def heading(self) -> str:
        """What it is listed under: upcoming, or its year; of events that `upcoming_first` found."""
        return gettext("Upcoming") if self.is_upcoming else str(self.start_date.year)

    @property
    def last_date(self) -> datetime.date:
        return self.end_date or self.start_date

    @property
    def is_several_days(self) -> bool:
        return self.last_date != self.start_date

    @property
    def takes_place(self) -> bool:
        """Whether it is neither postponed nor cancelled."""
        return self.status == Status.SCHEDULED

    @property
    def date_display(self) -> str:
        """The day or days, as in 23 July 2009, or the first and the last with a dash between."""
        first, last = self.start_date, self.last_date
        if first == last:
            return _day(last, "j F Y")
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day}{DASH}{_day(last, 'j F Y')}"
        if first.year == last.year:
            return f"{_day(first, 'j F')} {DASH} {_day(last, 'j F Y')}"
        return f"{_day(first, 'j F Y')} {DASH} {_day(last, 'j F Y')}"

    @property
    def time_display(self) -> str:
        """When it begins, and ends on the same day, on the venue's clock; empty for whole days."""
        if self.all_day or self.start_time is None:
            return ""
        if self.is_several_days:
            begins = formats.time_format(self.start_time, "H:i")
            return gettext("from %(time)s") % {"time": begins}
        times = [self.start_time, *([self.end_time] if self.end_time else [])]
        return DASH.join(formats.time_format(time, "H:i") for time in times)

    @property
    def zone_display(self) -> str:
        return self.time_zone.replace("_", " ")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        # An unsaved page, as in a preview, has its situations only in memory.
        context["situations"] = [one for one in self.situations.all() if one.live]
        return context

    def clean(self) -> None:
        """Refuse times that do not exist, times that are missing, and an end before the start."""
        super().clean()
        errors = self._errors_in_dates() or self._errors_in_times()
        if errors:
            raise ValidationError(errors)

    def _errors_in_dates(self) -> dict[str, Any]:
        errors: dict[str, Any] = {}
        for name in ("start_date", "end_date"):
            day = getattr(self, name)
            if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
                errors[name] = _("Enter a year between %(first)s and %(last)s.") % {
                    "first": FIRST_YEAR,
                    "last": LAST_YEAR,
                }
        if not errors and self.start_date and self.end_date and self.end_date < self.start_date:
            errors["end_date"] = _("The last day cannot be before the first day.")
        return errors

    def _errors_in_times(self) -> dict[str, Any]:
        if self.all_day or not self.start_date:
            return {}
        if self.start_time is None:
            return {"start_time": _("Enter when it begins, or tick “all day”.")}
        try:
            validate_zone(self.time_zone)
        except ValidationError:
            return {}  # The field says so itself.
        errors: dict[str, Any] = {}
        times = {"start_time": (self.start_date, self.start_time)}
        if self.end_time is not None:
            times["end_time"] = (self.last_date, self.end_time)
        for name, (day, time) in times.items():
            try:
                instant(day, time, self.time_zone)
            except NoSuchTime:
                errors[name] = _(
                    "The clocks in this time zone skip this time on this day, because they are set "
                    "forward. Enter another time."
                )
        if not errors and self.end_time is not None:
            starts_at, ends_at = self._instants()
            if ends_at <= starts_at:
                errors["end_time"] = _("The event cannot end before it begins.")
        return errors

    def _instants(self) -> tuple[datetime.datetime, datetime.datetime]:
        """When it starts and when it is over; without an end, it is over with its last day."""
        timed = not self.all_day
        begins = (timed and self.start_time) or MIDNIGHT
        starts_at = earliest_instant(self.start_date, begins, self.time_zone)
        if timed and self.end_time is not None:
            return starts_at, earliest_instant(self.last_date, self.end_time, self.time_zone)
        return starts_at, earliest_instant(self.last_date + ONE_DAY, MIDNIGHT, self.time_zone)

    def save(self, clean: bool = True, **kwargs: Any) -> None:
        if clean and self.live:
            self.full_clean()  # Only dates and times that exist have instants.
        self.starts_at, self.ends_at = self._instants()
        super().save(clean=clean, **kwargs)


def _day(day: datetime.date, how: str) -> str:
    return formats.date_format(day, how)
