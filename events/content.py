"""The first events: those that the facts give a day for."""

import datetime
from typing import Any

from django.db import transaction
from wagtail.models import Page

from events.models import EventIndexPage, EventPage, Kind
from pages.symbols import symbol_url

INDEX: dict[str, Any] = {
    "title": "Events",
    "introduction": (
        "Debates, conferences, trainings and commemorations on the Responsibility to Protect "
        "around the world. Dates and times are those of the place of the event."
    ),
    "search_description": (
        "Events on the Responsibility to Protect around the world: upcoming ones, and past ones by "
        "year."
    ),
}

EVENTS: dict[str, dict[str, Any]] = {
    "general-assembly-debate-2009": {
        "title": "General Assembly debate on RtoP",
        "kind": Kind.DEBATE,
        "time_zone": "America/New_York",
        "all_day": True,
        "start_date": datetime.date(2009, 7, 23),
        "place": "United Nations, New York",
        "country_id": "US",
        "introduction": (
            "On this day the General Assembly began its debate on the Responsibility to Protect. "
            "Governments of every region spoke for it."
        ),
        "search_description": (
            "The General Assembly's debate on the Responsibility to Protect began on 23 July 2009."
        ),
        "body": [
            (
                "paragraph",
                "<p>In January 2009 the Secretary-General had set out the three pillars of RtoP in "
                f'his report <a href="{symbol_url("A/63/677")}">A/63/677</a>. On 14 September 2009 '
                "the General Assembly adopted its first resolution on RtoP, "
                f'<a href="{symbol_url("A/RES/63/308")}">A/RES/63/308</a>.</p>',
            ),
        ],
    },
}


@transaction.atomic
def load(home: Page) -> None:
    """Create the index of events and the events in it; what is there already stays as it is."""
    index = _page(home, EventIndexPage, "events", INDEX)
    for slug, fields in EVENTS.items():
        _page(index, EventPage, slug, fields)


def _page(parent: Page, model: type[Page], slug: str, fields: dict[str, Any]) -> Page:
    """Publish a page below another, unless there is one at that address."""
    parent = Page.objects.get(pk=parent.pk)  # It may have more children than the caller knows of.
    existing = parent.get_children().filter(slug=slug).first()
    if existing is not None:
        return existing
    page = parent.add_child(instance=model(slug=slug, **fields))
    page.save_revision().publish()
    return page
