"""The queue of applications in the admin: what waits for whom, and since when."""

import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms.search import SearchForm
from wagtail.admin.ui.tables import Column, Table

from icrtop.mail.admin.columns import TextColumn
from icrtop.spreadsheets import ExportingIndexView
from members.admin.marks import ageing_since, mark_of, with_deadlines
from members.admin.people import name_of
from members.models import Application, ApplicationPerson
from members.states import State


class OrganisationColumn(Column):
    """The name, which leads to the file, above the reference."""

    cell_template_name = "members/admin/cells/organisation.html"


class WaitsColumn(TextColumn):
    """Whose turn it is, with the mark of what has waited too long."""

    cell_template_name = "members/admin/cells/waits.html"


class StateColumn(TextColumn):
    cell_template_name = "members/admin/cells/state.html"


def assigned_name(application: Application) -> str:
    return name_of(application.assigned_to) if application.assigned_to else ""


COLUMNS = [
    OrganisationColumn(
        "organisation_name", label=gettext_lazy("Organisation"), sort_key="organisation_name"
    ),
    StateColumn("get_state_display", label=gettext_lazy("State"), sort_key="state"),
    WaitsColumn("waits_for_display", label=gettext_lazy("Waits for")),
    TextColumn(
        "age_days",
        label=gettext_lazy("Age in days"),
        sort_key="submitted_at",
        classname="outbox-number",
        accessor=lambda application: str(application.age_days),
    ),
    TextColumn(
        "days_in_state",
        label=gettext_lazy("Days in this state"),
        sort_key="state_since",
        classname="outbox-number",
        accessor=lambda application: str(application.days_in_state),
    ),
    TextColumn(
        "country",
        label=gettext_lazy("Country"),
        sort_key="country__name",
        accessor=lambda application: str(application.country or ""),
    ),
    TextColumn("get_category_display", label=gettext_lazy("Category"), sort_key="category"),
    TextColumn("assigned_to", label=gettext_lazy("Assigned to"), accessor=assigned_name),
]

EXPORTED = {
    "reference": gettext_lazy("Reference"),
    "organisation_name": gettext_lazy("Organisation"),
    "get_state_display": gettext_lazy("State"),
    "waits_for_display": gettext_lazy("Waits for"),
    "mark": gettext_lazy("Marked"),
    "submitted_at": gettext_lazy("Received"),
    "age_days": gettext_lazy("Age in days"),
    "days_in_state": gettext_lazy("Days in this state"),
    "country": gettext_lazy("Country"),
    "get_category_display": gettext_lazy("Category"),
    "assigned": gettext_lazy("Assigned to"),
    "website": gettext_lazy("Website"),
}


def search(applications: QuerySet[Application], text: str) -> QuerySet[Application]:
    """Those whose name, reference, website, or any e-mail address contains a text."""
    people = ApplicationPerson.objects.filter(
        application=OuterRef("pk"), normalised__icontains=text
    )
    return applications.alias(
        focal_1=KT("answers__focal_1_email"), focal_2=KT("answers__focal_2_email")
    ).filter(
        Q(Exists(people))
        | Q(organisation_name__unaccent__icontains=text)
        | Q(reference__icontains=text)
        | Q(website__icontains=text)
        | Q(focal_1__icontains=text)
        | Q(focal_2__icontains=text)
    )


class ApplicationIndexView(ExportingIndexView):
    any_permission_required = ("view", "change")
    results_template_name = "members/admin/queue_results.html"
    export_permission = "view"

    def get_base_queryset(self) -> QuerySet[Application]:
        return with_deadlines(Application.objects.queue()).defer("answers")

    def order_queryset(self, queryset: QuerySet[Application]) -> QuerySet[Application]:
        """Nothing is sorted but by a column that somebody clicked: the queue has its own order."""
        if not self.ordering:
            return queryset
        name = self.ordering.removeprefix("-")
        # The earliest moment has the most days.
        descending = self.ordering.startswith("-") != (name in ("submitted_at", "state_since"))
        field = F(name)
        return queryset.order_by(field.desc() if descending else field.asc(), "pk")

    def get_search_form(self) -> SearchForm:
        data = self.request.GET if self.search_kwarg in self.request.GET else None
        return SearchForm(data, placeholder=_("Search for a name, reference, address or website"))

    def search_queryset(self, queryset: QuerySet[Application]) -> QuerySet[Application]:
        return search(queryset, self.search_query.strip()) if self.is_searching else queryset

    @cached_property
    def ageing_since(self) -> datetime.datetime:
        return ageing_since()

    def get_table(self, object_list: Any) -> Table:
        rows = list(object_list)
        for row in rows:
            row.mark = mark_of(row, self.ageing_since)
        return super().get_table(rows)

    def to_row_dict(self, item: Application) -> dict[str, Any]:
        mark = mark_of(item, self.ageing_since)
        own = {
            "mark": str(mark.label) if mark else "",
            "assigned": assigned_name(item),
            "country": str(item.country or ""),
        }
        return {
            name: own[name] if name in own else self._plain(getattr(item, name))
            for name in self.list_export
        }

    @staticmethod
    def _plain(value: Any) -> Any:
        return value() if callable(value) else value

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        drafts = Application.objects.filter(state=State.DRAFT, anonymised_at=None).count()
        return super().get_context_data(*args, drafts=drafts, **kwargs)
