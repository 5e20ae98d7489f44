"""The first events: the debate and the commemorations that the facts give a day for."""

import datetime
from typing import Any

from django.db import transaction
from wagtail.models import Page

from events.models import EventIndexPage, EventPage, Kind
from pages.models import PublicationPage
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

# A day that is kept everywhere, at no one place. UTC only tells when it is over.
EVERYWHERE: dict[str, Any] = {
    "kind": Kind.COMMEMORATION,
    "time_zone": "UTC",
    "all_day": True,
    "yearly": True,
}

# The documents are publications of the site, by their symbols.
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
        "documents": ["A/63/677", "A/RES/63/308"],
    },
    "genocide-convention": {
        **EVERYWHERE,
        "title": "Anniversary of the Genocide Convention",
        "start_date": datetime.date(2026, 12, 9),
        "last_year": 2035,
        "introduction": (
            "On 9 December 1948 the General Assembly adopted the Convention on the Prevention and "
            "Punishment of the Crime of Genocide."
        ),
        "search_description": "The Genocide Convention was adopted on 9 December 1948.",
        "documents": ["A/RES/260(III)"],
    },
    "rwanda-commemoration": {
        **EVERYWHERE,
        "title": "Commemoration of the genocide against the Tutsi in Rwanda",
        "start_date": datetime.date(2027, 4, 7),
        "last_year": 2036,
        "introduction": "On 7 April 1994 the genocide against the Tutsi in Rwanda began.",
        "search_description": (
            "The genocide against the Tutsi in Rwanda began on 7 April 1994. Each year it is "
            "commemorated."
        ),
    },
    "srebrenica-commemoration": {
        **EVERYWHERE,
        "title": "Commemoration of Srebrenica",
        "start_date": datetime.date(2027, 7, 11),
        "last_year": 2036,
        "introduction": "On 11 July 1995 Srebrenica fell.",
        "search_description": "Srebrenica fell on 11 July 1995. Each year it is commemorated.",
    },
}


@transaction.atomic
def load(home: Page) -> None:
    """Create the index of events and the events in it; what is there already stays as it is.

    Documents are tied to an event if the library has them.
    """
    index = _there(home, "events") or _published(home, EventIndexPage(slug="events", **INDEX))
    for slug, fields in EVENTS.items():
        if _there(index, slug):
            continue
        symbols = fields.get("documents", [])
        told = {name: value for name, value in fields.items() if name != "documents"}
        event = EventPage(slug=slug, **told)
        event.documents = PublicationPage.objects.filter(symbols__symbol__in=symbols)
        _published(index, event)


def _there(parent: Page, slug: str) -> Page | None:
    return Page.objects.child_of(parent).filter(slug=slug).first()


def _published(parent: Page, page: Page) -> Page:
    """Publish a new page below another."""
    parent = Page.objects.get(pk=parent.pk)  # It may have more children than the caller knows of.
    parent.add_child(instance=page)
    page.save_revision().publish()
    return page
