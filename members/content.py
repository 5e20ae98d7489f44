"""The Coalition's first members, and the pages about them, from the facts in data/."""

import csv
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from wagtail.models import Page

from members.models import Category, DirectoryPage, JoinPage, Membership, Organisation, Sector

DATA = Path(__file__).parent / "data"
FOUNDED = "2009-01"
# Notes of members.csv that visitors may read; the others are for editors.
PUBLIC_NOTES = {"hosts the Secretariat": "Hosts the Secretariat of the Coalition in New York."}


@transaction.atomic
def load(coalition_section: Page, home: Page) -> None:
    """Create the founding Members, a first list of sectors, the directory at /members/, its parts
    below the Coalition's section, and the page to join.

    What is there already stays as it is, so that loading again undoes nobody's work; but a list of
    Members below the Coalition's section becomes the directory, and its address leads there.
    """
    load_founding_members()
    load_sectors()
    load_directory(coalition_section, home)
    for slug, fields in PARTS.items():
        _page(coalition_section, DirectoryPage, slug, fields)
    about = Page.objects.get(pk=coalition_section.pk).get_children()
    _page(
        home,
        JoinPage,
        "join-the-coalition",
        {
            **JOIN,
            "purposes_page": about.filter(slug="founding-purposes").first(),
            "understanding_page": about.filter(slug="our-understanding-of-rtop").first(),
        },
    )


def load_founding_members() -> None:
    """Create the eight founders, where there is no organisation of their name yet."""
    with (DATA / "members.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        slug = slugify(row["name"])
        if Organisation.objects.filter(slug=slug).exists():
            continue
        about = PUBLIC_NOTES.get(row["note"], "")
        organisation = Organisation.objects.create(
            name=row["name"],
            acronym=row["acronym"],
            slug=slug,
            country_id=row["country_code"],
            city=row["city"],
            about=about,
            profile_published=True,
            internal_note="" if about else row["note"],
        )
        Membership.objects.create(
            organisation=organisation,
            category=Category.MEMBER,
            since=FOUNDED,
            founding=row["founding"] == "yes",
            on_steering_committee=row["steering_committee"] == "yes",
        )


def load_sectors() -> None:
    """Create the first sectors, unless staff keep a list. No organisation is put into any."""
    if not Sector.objects.exists():
        Sector.objects.bulk_create(Sector(name=name, slug=slugify(name)) for name in SECTORS)


def load_directory(coalition_section: Page, home: Page) -> None:
    """Create the directory right below the home page, or move the list of Members there.

    Wagtail leaves a redirect at the address that a page is moved from.
    """
    if DirectoryPage.objects.filter(shows=DirectoryPage.Shows.EVERYONE).exists():
        return
    lists = DirectoryPage.objects.child_of(coalition_section)
    page = lists.filter(slug="members", shows=DirectoryPage.Shows.MEMBERS).first()
    if page is None or home.get_children().filter(slug="members").exists():
        _page(home, DirectoryPage, "members", DIRECTORY)
        return
    page.shows = DirectoryPage.Shows.EVERYONE
    if page.introduction == INTRODUCTION_OF_MEMBERS:
        page.introduction = DIRECTORY["introduction"]
    page.save_revision().publish()
    Page.objects.get(pk=page.pk).move(Page.objects.get(pk=home.pk), pos="last-child")


def _page(parent: Page, model: type[Page], slug: str, fields: dict[str, Any]) -> None:
    """Publish a page below another, unless there is one at that address."""
    parent = Page.objects.get(pk=parent.pk)  # It may have more children than the caller knows of.
    if parent.get_children().filter(slug=slug).exists():
        return
    page = parent.add_child(instance=model(slug=slug, **fields))
    page.save_revision().publish()


SECTORS = [
    "Human rights",
    "Humanitarian action",
    "Peace and conflict prevention",
    "Law and justice",
    "Women's rights",
    "Youth",
    "Faith communities",
    "Research and education",
    "Refugees and displacement",
]

DIRECTORY: dict[str, Any] = {
    "title": "Members",
    "shows": DirectoryPage.Shows.EVERYONE,
    "introduction": (
        "The Coalition's Members and NGO Supporters around the world, and their work on the "
        "Responsibility to Protect. Eight regional and international NGOs formed the Coalition in "
        "January 2009; they are listed here as of its brochure (about 2010)."
    ),
    "search_description": (
        "The Members and NGO Supporters of the International Coalition for the Responsibility to "
        "Protect, by region, country and sector, with their work."
    ),
}
# Of the list of Members alone, from which a directory is made where there is one.
INTRODUCTION_OF_MEMBERS = (
    "Non-governmental organisations that run programmes on the Responsibility to Protect "
    "or related work. Eight regional and international NGOs formed the Coalition in "
    "January 2009; they are listed here as of the Coalition's brochure (about 2010)."
)

PARTS: dict[str, dict[str, Any]] = {
    "ngo-supporters": {
        "title": "NGO Supporters",
        "shows": DirectoryPage.Shows.SUPPORTERS,
        "introduction": (
            "Non-governmental organisations that endorse the Coalition's founding purposes and its "
            "common understanding of RtoP, and need not run a programme of their own. The category "
            "has existed since 20 October 2011."
        ),
        "search_description": (
            "The NGO Supporters of the International Coalition for the Responsibility to Protect."
        ),
    },
    "steering-committee": {
        "title": "Steering Committee",
        "shows": DirectoryPage.Shows.STEERING_COMMITTEE,
        "introduction": (
            "The Steering Committee decides who becomes a Member or an NGO Supporter. It is listed "
            "here as of the Coalition's brochure (about 2010): the eight founding organisations."
        ),
        "body": [
            ("heading", "What it decides"),
            (
                "paragraph",
                "<p>An organisation that wants to join applies to the Coalition, as a Member or as "
                "an NGO Supporter. The Steering Committee decides on the application.</p>",
            ),
        ],
        "search_description": (
            "The organisations on the Steering Committee of the International Coalition for the "
            "Responsibility to Protect."
        ),
    },
}

JOIN: dict[str, Any] = {
    "title": "Join the Coalition",
    "introduction": (
        "The Coalition seeks members from many sectors, in every region and sub-region. If your "
        "organisation works for the protection of populations from mass atrocities, apply here."
    ),
    "search_description": (
        "Who can join the International Coalition for the Responsibility to Protect, as a Member "
        "or as an NGO Supporter, and how to apply."
    ),
    "thanks": (
        "The secretariat reads your application and puts it to the Steering Committee, which "
        "decides on new Members and NGO Supporters. We tell you the decision by e-mail. If we need "
        "to know more, we write to you."
    ),
    "body": [
        ("heading", "Who can join"),
        (
            "paragraph",
            "<p>An organisation can join if it</p>"
            "<ul>"
            "<li>is non-governmental, and not controlled by a government;</li>"
            "<li>is the not-for-profit part, if it belongs to a private-sector body;</li>"
            "<li>endorses the founding purposes of the Coalition and its common understanding of "
            "RtoP;</li>"
            "<li>works in a field related to RtoP;</li>"
            "<li>accepts the full range of measures that RtoP provides for: peaceful ones first, "
            "and at the last those that the Security Council decides, force included.</li>"
            "</ul>",
        ),
        ("heading", "Member or NGO Supporter"),
        (
            "paragraph",
            "<p>Since 20 October 2011 there have been two categories.</p>"
            "<ul>"
            "<li>A <b>Member</b> runs programmes on RtoP or related work.</li>"
            "<li>An <b>NGO Supporter</b> endorses the same principles, and need not run any.</li>"
            "</ul>",
        ),
        ("heading", "Who decides"),
        (
            "paragraph",
            "<p>The Steering Committee decides on new Members and NGO Supporters. You get an "
            "answer by e-mail either way.</p>",
        ),
    ],
}
