"""Small tags that only present: badges, maps, addresses of pages."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import template
from django.conf import settings
from django.core.paginator import Page as PageOfItems
from django.http import HttpRequest
from django.template import Context
from wagtail.fields import StreamValue

from icrtop.places.models import Country
from pages import symbols
from pages.blocks import anchor
from pages.maps import outlines
from pages.models import Assessment, Language, SituationPage, Status, Trend

register = template.Library()

STATUS_SLUGS = {
    Status.CURRENT_CRISIS: "crisis",
    Status.SERIOUS_CONCERN: "concern",
    Status.MONITORING: "monitoring",
    Status.CLOSED: "closed",
}
TREND_SLUGS = {
    Trend.DETERIORATED: "deteriorated",
    Trend.UNCHANGED: "unchanged",
    Trend.IMPROVED: "improved",
}


@register.simple_tag(takes_context=True)
def canonical_url(context: Context) -> str:
    """The one address of what is shown: without a query, save for the number of a later page."""
    request: HttpRequest = context["request"]
    page = context.get("page")
    path = urlsplit(page.get_url(request) or "").path if page and page.pk else ""
    number = request.GET.get("page", "")
    is_later = number.isdecimal() and int(number[:9]) > 1
    query = f"?{urlencode({'page': number})}" if is_later else ""
    return f"{settings.BASE_URL}{path or request.path}{query}"


@register.filter
def absolute(path: str) -> str:
    """The whole address of a path on this site."""
    return path if urlsplit(path).scheme else f"{settings.BASE_URL}{path}"


@register.inclusion_tag("components/status_badge.html")
def status_badge(status: int | None) -> dict[str, Any]:
    return {"status": describe_status(status)}


@register.filter
def describe_status(status: int | None) -> dict[str, str] | None:
    """The slug and the word of a status; None for a situation that was never assessed."""
    if status is None:
        return None
    known = Status(status)
    return {"slug": STATUS_SLUGS[known], "label": str(known.label)}


@register.inclusion_tag("components/trend.html")
def trend_mark(trend: int | None) -> dict[str, Any]:
    if trend is None:
        return {"trend": None}
    known = Trend(trend)
    return {"trend": {"slug": TREND_SLUGS[known], "label": str(known.label)}}


@register.filter
def contents(body: StreamValue) -> list[dict[str, str]]:
    """The headings of a body, each with the fragment that leads to it."""
    return [
        {"title": str(block.value), "anchor": anchor(block.value)}
        for block in body
        if block.block_type == "heading"
    ]


@register.filter
def fragment(text: str) -> str:
    """The fragment under which a heading or a term is found."""
    return anchor(text)


@register.simple_tag
def symbol_links(symbol: str, languages: list[str]) -> list[dict[str, str]]:
    """Where the UN's document service shows a document, in each of the languages it knows."""
    served = [code for code in languages if code in symbols.LANGUAGES]
    return [
        {"code": code, "label": str(Language(code).label), "url": symbols.symbol_url(symbol, code)}
        for code in served or ["en"]
    ]


@register.filter
def host(url: str) -> str:
    """The name of the site that an address leads to: https://www.un.org/a gives un.org."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


@register.inclusion_tag("components/world_map.html", takes_context=True)
def world_map(context: Context, situations: Iterable[SituationPage]) -> dict[str, Any]:
    """The world, with a mark on the country of each situation that the map has."""
    shapes = outlines()
    places = [
        {
            "url": one.get_url(context["request"]),
            "title": one.title,
            "status": describe_status(one.status),
            "x": shapes[one.country_id].x,
            "y": shapes[one.country_id].y,
            "path": shapes[one.country_id].path,
        }
        for one in situations
        if one.country_id in shapes
    ]
    return {"places": places}


@register.inclusion_tag("components/locator_map.html")
def locator_map(country: Country) -> dict[str, Any]:
    """Where a country is; nothing for one that is too small for the map."""
    shape = outlines().get(country.pk)
    if shape is None:
        return {}
    return {"country": country.name, "view": shape.view(), "path": shape.path}


@register.simple_tag
def situations_in(countries: Iterable[Country]) -> list[SituationPage]:
    """The situations in countries that something else is about, gravest first."""
    codes = [country.pk for country in countries]
    return list(SituationPage.objects.live().public().filter(country__in=codes).assessed())


@register.filter
def any_sample(situations: Iterable[SituationPage]) -> bool:
    """Whether a status among those shown was made up to show how the site works."""
    return any(one.is_sample for one in situations)


@register.inclusion_tag("components/status_strip.html")
def status_strip(history: list[Assessment]) -> dict[str, Any]:
    """How the status of a situation changed, as bars on a line of time.

    A bar is as long as its assessment held, in thousandths of the whole, and the higher the graver;
    the last one, which still holds, gets a tenth.
    """
    if len(history) < 2:
        return {}
    ordered = history[::-1]
    days = max((ordered[-1].date - ordered[0].date).days, 1)
    starts = [round(900 * (one.date - ordered[0].date).days / days) for one in ordered]
    bars = [
        {
            "x": start,
            "width": end - start,
            "y": 75 - 25 * one.status,
            "height": 25 * (one.status + 1),
            "slug": STATUS_SLUGS[Status(one.status)],
        }
        for one, start, end in zip(ordered, starts, [*starts[1:], 1000], strict=True)
    ]
    statuses = sorted({one.status for one in ordered}, reverse=True)
    return {
        "bars": bars,
        "first": ordered[0],
        "last": ordered[-1],
        "statuses": [describe_status(status) for status in statuses],
    }


@register.filter
def page_numbers(items: PageOfItems) -> list[int | str]:
    """The numbers of a listing's pages, shortened in the middle where they are many."""
    return list(items.paginator.get_elided_page_range(items.number, on_each_side=2, on_ends=1))


@register.filter
def parent_path(url: str) -> str:
    """The address one level up: /developments/a/ gives /developments/."""
    return url.rstrip("/").rpartition("/")[0] + "/"
