"""Where others show events: bodies, bulletins, members' profiles, the home page, situations."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events.models import EventIndexPage, EventOrganiser, EventPage, YearException
from icrtop.cache import _next_generation
from members.models import OrganisationWork
from newsletter.bulletin_letters import render_bulletin, render_web
from newsletter.collecting import propose
from newsletter.material import Material
from pages.models import BackgroundPage, SituationPage
from tests.factories.events import EventFactory, place_below
from tests.factories.members import MembershipFactory
from tests.factories.newsletter import BulletinPageFactory, MailingListFactory, body_of
from tests.factories.pages import BackgroundPageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def index(content) -> EventIndexPage:
    """The site's index, without the events that it begins with."""
    for event in EventPage.objects.all():
        event.unpublish()
    return EventIndexPage.objects.get()


def coming(index, days: int, **fields) -> EventPage:
    """An event so many days from now; it was over long ago if they are negative."""
    day = timezone.now().date() + timedelta(days=days)
    return place_below(index, start_date=day, **fields)


def yearly(index, **fields) -> EventPage:
    """One that was first held in 2020, and is next in 60 days."""
    day = timezone.now().date() + timedelta(days=60)
    fields = {
        "start_date": day.replace(year=2020),
        "yearly": True,
        "last_year": day.year + 3,
    } | fields
    return place_below(index, **fields)


def body_with(client, *values) -> str:
    blocks = [("events", {"title": "", "number": 3, "country": ""} | value) for value in values]
    page = BackgroundPageFactory(body=blocks)
    _next_generation()
    return client.get(page.url).text


class TestInBodies:
    def test_the_next_ones_are_shown_and_no_more_than_asked_for(self, client, index):
        for number in (3, 1, 2):
            coming(index, number, title=f"Day {number}")
        coming(index, -9, title="Past")
        page = body_with(client, {"title": "What comes", "number": 2})
        assert "What comes" in page
        assert page.index("Day 1") < page.index("Day 2")
        assert "Day 3" not in page
        assert "Past" not in page

    def test_those_of_one_country_lead_to_the_others_there(self, client, index):
        coming(index, 1, title="Here", country_id="GH")
        coming(index, 2, title="Elsewhere", country_id="PE")
        page = body_with(client, {"country": "GH"})
        assert "Here" in page
        assert "Elsewhere" not in page
        assert f'href="{index.url}?country=GH"' in page

    def test_without_any_nothing_is_shown_not_even_the_title(self, client, index):
        assert "What comes" not in body_with(client, {"title": "What comes"})

    def test_each_takes_one_query_however_many_events(self, client, index):
        counts = []
        for _round in range(2):
            for number in range(1, 4):
                coming(index, number, country_id="GH")
            page = BackgroundPage.objects.filter(title="Costly").first() or BackgroundPageFactory(
                title="Costly", body=[("events", {"number": 10, "title": "", "country": ""})]
            )
            client.get(page.url)
            _next_generation()
            with CaptureQueriesContext(connection) as queries:
                client.get(page.url)
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 10

    def test_the_readers_own_time_comes_with_them_once(self, client, index):
        coming(index, 1)
        assert body_with(client, {}, {}).count("local-times.js") == 1
        assert body_with(client).count("local-times.js") == 0


class TestInBulletins:
    @staticmethod
    def forms(*values) -> dict[str, str]:
        value = {"title": "", "number": 3, "country": ""}
        bulletin = BulletinPageFactory(body=body_of(*(("events", value | one) for one in values)))
        letter = render_bulletin(bulletin, MailingListFactory())
        return {"web": render_web(bulletin), "html": letter.html, "text": letter.text}

    def test_the_next_ones_are_in_all_forms_with_links(self, index):
        event = coming(index, 1, title="A & B", place="Hall", country_id="GH")
        coming(index, -9, title="Past")
        shown = self.forms({"title": "What comes"})
        for form, text in shown.items():
            base = "" if form == "web" else settings.BASE_URL
            for part in ("What comes", "Hall, Ghana", f"{base}{event.url}", "Accra time (UTC)"):
                assert part in text, (form, part)
            assert "Past" not in text
        assert "A &amp; B" in shown["html"]
        assert "A & B" in shown["text"]

    def test_each_block_has_its_own_country_and_number(self, index):
        for number in range(1, 4):
            coming(index, number, title=f"Ghana {number}", country_id="GH")
            coming(index, number, title=f"Peru {number}", country_id="PE")
        values = ({"number": 1, "country": "GH"}, {"number": 2, "country": "PE"})
        text = self.forms(*values)["text"]
        assert [
            name for name in ("Ghana 1", "Ghana 2", "Peru 1", "Peru 2", "Peru 3") if name in text
        ] == [
            "Ghana 1",
            "Peru 1",
            "Peru 2",
        ]

    def test_all_of_them_take_one_query(self, index):
        for number in range(1, 4):
            coming(index, number, country_id="GH")
        values = [{"country": code, "number": 3, "title": ""} for code in ("GH", "PE", "")]
        bulletin = BulletinPageFactory(body=body_of(*(("events", value) for value in values)))
        values = [block.value for block in bulletin.body]
        with CaptureQueriesContext(connection) as queries:
            material = Material.of(values)
            assert len([one.event.country.name for one in material.next_events(3, "GH")]) == 3
        assert len(queries) == 1

    def test_without_any_nothing_is_shown(self, index):
        for text in self.forms({"title": "What comes"}).values():
            assert "What comes" not in text

    def test_an_event_of_every_year_is_told_with_its_next_date(self, index):
        event = yearly(index)
        bulletin = BulletinPageFactory(
            body=body_of(("event", {"page": event.pk, "text": ""}), ("item", {"page": event.pk}))
        )
        text = render_bulletin(bulletin, MailingListFactory()).text
        assert text.count(event.occurrence.date_display) == 2
        assert " 2020" not in text

    def test_it_is_proposed_with_its_next_date(self, index):
        event = yearly(index)
        EventPage.objects.update(first_published_at=timezone.now())
        since = timezone.now() - timedelta(days=1)
        groups = propose(BulletinPageFactory(), since)
        proposals = {one.page.pk: one.why for group in groups for one in group.proposals}
        assert proposals[event.pk] == event.occurrence.date_display


class TestOnProfiles:
    @pytest.fixture
    def member(self, index):
        return MembershipFactory(organisation__name="Alpha Rights").organisation

    @staticmethod
    def events_on(client, member) -> str:
        _next_generation()
        page = client.get(f"/members/{member.slug}/").text
        return page.partition('id="member-events"')[2].partition("</section>")[0]

    def test_what_it_organises_and_had_a_part_in_is_shown_once(self, client, member, index):
        event = EventFactory(title="Held by it")
        event.organisers = [EventOrganiser(organisation=member)]
        index.add_child(instance=event)
        part = coming(index, -9, title="With a part")
        coming(index, 5, title="Of others")
        for page in (event, part):
            OrganisationWork.objects.create(organisation=member, page=page)
        shown = self.events_on(client, member)
        assert shown.count(">Held by it<") == shown.count(">With a part<") == 1
        assert shown.count("Organiser") == 1
        assert shown.index("Organiser") > shown.index("Held by it")
        assert "Of others" not in shown

    def test_an_event_that_is_no_longer_public_is_gone(self, client, member, index):
        event = EventFactory(title="Held by it")
        event.organisers = [EventOrganiser(organisation=member)]
        index.add_child(instance=event)
        event.unpublish()
        assert self.events_on(client, member) == ""

    def test_each_is_shown_with_its_next_date(self, client, member, index):
        event = yearly(index, title="Every year")
        OrganisationWork.objects.create(organisation=member, page=event)
        shown = self.events_on(client, member)
        assert event.occurrence.date_display in shown
        assert "2020" not in shown


def test_the_home_page_shows_the_next_ones(client, index):
    coming(index, 2, title="Soon")
    yearly(index, title="Every year")
    _next_generation()
    page = client.get("/").text
    assert page.index(">Soon<") < page.index(">Every year<")
    assert f'<a href="{index.url}">All events</a>' in page


def test_a_situation_shows_those_to_come_before_those_that_are_over(client, index):
    situation = SituationPage.objects.live().first()
    for title, days in (("Long ago", -900), ("Last week", -7), ("Later", 9), ("Soon", 2)):
        event = coming(index, days, title=title)
        event.situations = [situation]
        event.save()
    _next_generation()
    page = client.get(situation.url).text
    found = [page.index(f">{title}<") for title in ("Soon", "Later", "Last week", "Long ago")]
    assert found == sorted(found)


def test_a_year_that_is_left_out_is_not_the_next_one(client, index):
    event = yearly(index, title="Every year")
    skipped = event.occurrence.original_date
    event.exceptions = [YearException(year=skipped.year, what=YearException.What.LEFT_OUT)]
    event.save()
    page = body_with(client, {})
    assert f'datetime="{skipped.replace(year=skipped.year + 1)}"' in page
    assert f'datetime="{skipped}"' not in page
