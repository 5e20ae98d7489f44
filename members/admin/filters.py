"""The filters of the queue."""

import datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet

from icrtop.places.models import Country, Region
from members.admin.marks import ageing_since, is_ageing, is_overdue
from members.admin.people import caretakers, name_of
from members.models import Application
from members.states import WAITS_FOR, State, WaitsFor

ME, NOBODY = "me", "nobody"
AGEING, OVERDUE = "ageing", "overdue"
# Drafts are the applicant's alone.
STATES = [(state.value, state.label) for state in State if state != State.DRAFT]


def assignees() -> list[tuple[str, str | Promise]]:
    """Me, nobody, and everybody who can look after applications."""
    people = [(str(user.pk), name_of(user)) for user in caretakers()]
    return [(ME, _("Me")), (NOBODY, _("Nobody")), *people]


class ApplicationFilterSet(WagtailFilterSet):
    waits_for = django_filters.ChoiceFilter(
        choices=WaitsFor.choices, method="filter_waits_for", label=_("Waits for")
    )
    marked = django_filters.ChoiceFilter(
        choices=[(AGEING, _("Waits long for the secretariat")), (OVERDUE, _("Overdue"))],
        method="filter_marked",
        label=_("Marked"),
    )
    state = django_filters.MultipleChoiceFilter(
        choices=STATES, label=_("State"), widget=forms.CheckboxSelectMultiple
    )
    category = django_filters.ChoiceFilter(
        choices=Application._meta.get_field("category").choices, label=_("Category")
    )
    region = django_filters.ModelChoiceFilter(
        queryset=Region.objects.top_level(), method="filter_region", label=_("Region")
    )
    country = django_filters.ModelChoiceFilter(
        queryset=lambda request: Country.objects.filter(
            pk__in=Application.objects.sent().values("country")
        ),
        label=_("Country"),
    )
    older_than = django_filters.NumberFilter(
        method="filter_older_than",
        label=_("Received more than so many days ago"),
        min_value=0,
        max_value=36_500,
        widget=forms.NumberInput(attrs={"min": 0}),
    )
    assigned = django_filters.ChoiceFilter(
        choices=assignees, method="filter_assigned", label=_("Assigned to")
    )

    class Meta:
        model = Application
        fields = [
            "waits_for",
            "marked",
            "state",
            "category",
            "region",
            "country",
            "older_than",
            "assigned",
        ]

    def filter_waits_for(
        self, applications: QuerySet[Application], name: str, value: str
    ) -> QuerySet[Application]:
        states = [state for state, who in WAITS_FOR.items() if who == value]
        return applications.filter(state__in=states)

    def filter_marked(
        self, applications: QuerySet[Application], name: str, value: str
    ) -> QuerySet[Application]:
        wanted = is_overdue() if value == OVERDUE else is_ageing(ageing_since())
        found = Application.objects.filter(wanted).values("pk")
        return applications.filter(pk__in=found)

    def filter_region(
        self, applications: QuerySet[Application], name: str, value: Region
    ) -> QuerySet[Application]:
        return applications.filter(country__in=Country.objects.in_region(value.code))

    def filter_older_than(
        self, applications: QuerySet[Application], name: str, value: Any
    ) -> QuerySet[Application]:
        # As in the column, whole days count.
        before = timezone.now() - datetime.timedelta(days=int(value) + 1)
        return applications.filter(submitted_at__lte=before)

    def filter_assigned(
        self, applications: QuerySet[Application], name: str, value: str
    ) -> QuerySet[Application]:
        if value == NOBODY:
            return applications.filter(assigned_to=None)
        return applications.filter(assigned_to=self.request.user.pk if value == ME else int(value))
