"""Whether members have confirmed their details this year: a list for staff."""

from typing import Any

import django_filters
from django.db.models import Count, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.views import generic
from wagtail.permissions import register_permission_policy

from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.permissions import LimitedPolicy
from icrtop.mail.readonly import ReadOnlyViewSet
from members.admin.member_page import member_page_url
from members.models import Membership, MembershipSettings
from members.reconfirmation_standing import Standing, with_standing
from members.services.reconfirming import ASKED_PER_DAY, REMINDERS

register_permission_policy(
    Membership, LimitedPolicy(Membership, {"view", "change"}), exact_class=True
)

# What of all this staff are to do something about.
FOR_STAFF = (Standing.LAPSING, Standing.OVERDUE, Standing.NOBODY)


class ReconfirmationFilterSet(WagtailFilterSet):
    standing = django_filters.ChoiceFilter(
        choices=Standing.choices, label=gettext_lazy("How it stands")
    )
    category = django_filters.ChoiceFilter(
        choices=Membership._meta.get_field("category").choices, label=gettext_lazy("Category")
    )

    class Meta:
        model = Membership
        fields = ["category"]


class ReconfirmationIndexView(generic.IndexView):
    page_title = gettext_lazy("Reconfirmations")
    template_name = "members/admin/reconfirmations.html"
    default_ordering = ("asked_at", "confirmed_at", "organisation__name")

    def get_base_queryset(self) -> QuerySet[Any]:
        return with_standing()

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for an organisation"))

    def search_queryset(self, queryset: QuerySet[Membership]) -> QuerySet[Membership]:
        if not self.is_searching:
            return queryset
        return queryset.filter(organisation__name__icontains=self.search_query)

    @cached_property
    def rules(self) -> MembershipSettings:
        return MembershipSettings.current()

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(*args, **kwargs)
        numbers = counts()
        return context | {
            "rules": self.rules,
            "asked_per_day": ASKED_PER_DAY,
            "reminders": REMINDERS,
            "numbers": [(one, numbers[one]) for one in Standing],
        }


def counts() -> dict[Standing, int]:
    """How many members stand how."""
    found = with_standing().order_by().values("standing").annotate(number=Count("pk"))
    numbers = {Standing(row["standing"]): row["number"] for row in found}
    return {one: numbers.get(one, 0) for one in Standing}


class StandingColumn(TextColumn):
    """The word, with a mark where staff have to do something."""

    cell_template_name = "members/admin/standing_cell.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        return {**context, "needs_staff": Standing(instance.standing) in FOR_STAFF}


class ReconfirmationViewSet(ReadOnlyViewSet):
    model = Membership
    name = "reconfirmations"
    icon = "calendar-check"
    menu_label = gettext_lazy("Reconfirmations")
    inspect_view_enabled = False
    index_view_class = ReconfirmationIndexView
    filterset_class = ReconfirmationFilterSet
    search_fields = ["organisation__name"]
    list_display = [
        TextColumn(
            "organisation",
            label=gettext_lazy("Organisation"),
            sort_key="organisation__name",
            get_url=member_page_url,
        ),
        StandingColumn(
            "standing",
            label=gettext_lazy("How it stands"),
            accessor=lambda term: Standing(term.standing).label,
        ),
        MomentColumn("confirmed_at", label=gettext_lazy("Confirmed"), sort_key="confirmed_at"),
        MomentColumn("asked_at", label=gettext_lazy("Asked"), sort_key="asked_at"),
        MomentColumn("reminded_at", label=gettext_lazy("Reminded"), sort_key="reminded_at"),
    ]
