"""The mailing lists in the admin, with how many are on each."""

from typing import Any
from urllib.parse import urlencode

from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column, Table
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import HeaderButton

from icrtop.mail.admin.columns import TextColumn
from newsletter.admin.growth import GrowthView, spark_of
from newsletter.growth import growth
from newsletter.models import MailingList, Subscription

# Months that are drawn beside a list.
LATELY = 12


def subscribers_url(mailing_list: MailingList, user: Any) -> str | None:
    """The subscribers of a list, for those who may see them."""
    if not user.has_perm("newsletter.view_subscriber"):
        return None
    query = {"mailing_list": mailing_list.pk, "state": Subscription.State.CONFIRMED.value}
    return f"{reverse('subscribers:index')}?{urlencode(query)}"


class GrowthColumn(Column):
    """How a list has grown lately, as a small line that leads to the chart."""

    cell_template_name = "newsletter/admin/growth_cell.html"


class MailingListIndexView(generic.IndexView):
    def get_table(self, object_list: Any) -> Table:
        rows = list(object_list)
        grown = growth(rows, LATELY)
        for each in rows:
            each.spark = spark_of(grown[each.pk])
        return super().get_table(rows)

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        url = reverse("mailing-lists:growth")
        return [*super().header_buttons, HeaderButton(_("Growth"), url=url, icon_name="history")]


class MailingListViewSet(ModelViewSet):
    model = MailingList
    name = "mailing-lists"
    icon = "list-ul"
    menu_label = _("Mailing lists")
    add_to_reference_index = False
    copy_view_enabled = False
    index_view_class = MailingListIndexView
    index_template_name = "newsletter/admin/index.html"
    search_fields = ["name", "description"]
    search_backend_name = None
    list_display = [
        "name",
        TextColumn("description", label=_("Description")),
        TextColumn(
            "is_public",
            label=_("Open to everybody"),
            accessor=lambda each: _("Yes") if each.is_public else _("No"),
        ),
        TextColumn(
            "subscribers",
            label=_("Subscribers"),
            classname="outbox-number",
            accessor=lambda each: f"{each.spark.last:,}",
            get_url=subscribers_url,
        ),
        GrowthColumn("growth", label=_("Last year"), accessor="spark"),
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        view = self.construct_view(GrowthView, header_icon="history")
        return [*super().get_urlpatterns(), path("growth/", view, name="growth")]
