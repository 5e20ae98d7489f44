"""The growth of mailing lists as charts, drawn by the server, each with the same as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from newsletter.growth import Month, growth
from newsletter.models import MailingList

PERIODS = {
    12: gettext_lazy("1 year"),
    24: gettext_lazy("2 years"),
    60: gettext_lazy("5 years"),
}
USUAL = 24

# The chart's own units: two parts above each other, with room for numbers at the left.
WIDTH, LEFT, RIGHT = 720, 64, 700
LINE_TOP, LINE_HEIGHT = 16, 130
BARS_MIDDLE, BARS_HEIGHT = 220, 40
# Not more names of months than there is room for.
MOST_NAMES = 8


@dataclass(frozen=True)
class Bar:
    """What happened in one month: as heights above and below the axis, and in words."""

    x: float
    width: float
    up: float
    down: float
    name: str
    words: str

    @property
    def top(self) -> float:
        return BARS_MIDDLE - self.up

    @property
    def center(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Chart:
    """The months of one list, and where things stand in its picture."""

    months: Sequence[Month]
    line: str
    area: str
    bars: Sequence[Bar]
    most: int
    most_change: int

    width, left, right = WIDTH, LEFT, RIGHT
    line_top, line_bottom = LINE_TOP, LINE_TOP + LINE_HEIGHT
    middle, bars_top, bars_bottom = (
        BARS_MIDDLE,
        BARS_MIDDLE - BARS_HEIGHT,
        BARS_MIDDLE + BARS_HEIGHT,
    )
    height = BARS_MIDDLE + BARS_HEIGHT + 24

    @property
    def first(self) -> Month:
        return self.months[0]

    @property
    def last(self) -> Month:
        return self.months[-1]


def chart_of(months: Sequence[Month]) -> Chart:
    """Draw the months of a list: how many were on it as a line, who came and went as bars."""
    step = (RIGHT - LEFT) / len(months)
    most = max(1, *(month.on_list for month in months))
    most_change = max(1, *(max(month.joined, month.left) for month in months))
    every = -(-len(months) // MOST_NAMES)
    points, bars = [], []
    for number, month in enumerate(months):
        x = LEFT + step * number
        y = LINE_TOP + LINE_HEIGHT * (1 - month.on_list / most)
        points.append(f"{x + step / 2:.1f},{y:.1f}")
        # Counted from the last one, so that this month has its name.
        is_named = not (len(months) - 1 - number) % every
        bars.append(
            Bar(
                x=round(x + step * 0.15, 1),
                width=round(step * 0.7, 1),
                up=round(BARS_HEIGHT * month.joined / most_change, 1),
                down=round(BARS_HEIGHT * month.left / most_change, 1),
                name=date_format(month.start, "M Y") if is_named else "",
                words=_("%(month)s: %(joined)d joined, %(left)d left, %(on_list)d on the list")
                % {
                    "month": date_format(month.start, "F Y"),
                    "joined": month.joined,
                    "left": month.left,
                    "on_list": month.on_list,
                },
            )
        )
    bottom = LINE_TOP + LINE_HEIGHT
    ends = [f"{RIGHT - step / 2:.1f},{bottom}", f"{LEFT + step / 2:.1f},{bottom}"]
    return Chart(
        months=months,
        line=" ".join(points),
        area=" ".join([*points, *ends]),
        bars=bars,
        most=most,
        most_change=most_change,
    )


@dataclass(frozen=True)
class Spark:
    """The line alone, as small as a word."""

    points: str
    first: int
    last: int

    width, height = 80, 24


def spark_of(months: Sequence[Month]) -> Spark:
    most = max(1, *(month.on_list for month in months))
    step = (Spark.width - 4) / max(len(months) - 1, 1)
    points = " ".join(
        f"{2 + step * number:.1f},{2 + (Spark.height - 4) * (1 - month.on_list / most):.1f}"
        for number, month in enumerate(months)
    )
    return Spark(points, months[0].on_list, months[-1].on_list)


class GrowthView(WagtailAdminTemplateMixin, TemplateView):
    """Every list with its chart and its table."""

    page_title = gettext_lazy("Growth")
    header_icon = "history"
    template_name = "newsletter/admin/growth.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("newsletter.view_mailinglist"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("mailing-lists:index"), "label": _("Mailing lists")},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.GET.get("months", "")
        months = int(asked) if asked in map(str, PERIODS) else USUAL
        lists = list(MailingList.objects.all())
        grown = growth(lists, months)
        return {
            **super().get_context_data(**kwargs),
            "charts": [(each, chart_of(grown[each.pk])) for each in lists],
            "periods": [(number, label, number == months) for number, label in PERIODS.items()],
        }
