"""The page of one event: how it stands, when and where it is, and what it leads to."""

import datetime
from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from events.models import EventOrganiser, EventPage, Registration, Status, YearException
from icrtop.cache import _next_generation
from icrtop.places.models import Country
from members.models import Listing, Organisation
from pages.models import (
    PublicationIndexPage,
    PublicationPage,
    SituationIndexPage,
    SituationPage,
)
from tests.factories.events import EventFactory, place_below
from tests.factories.members import MembershipFactory

pytestmark = pytest.mark.django_db

What = YearException.What


@pytest.fixture
def now(monkeypatch):
    """Noon of 1 March 2027 in UTC; give it another moment to be at."""

    def be_at(*parts: int) -> None:
        moment = datetime.datetime(*parts, tzinfo=datetime.UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)
        _next_generation()

    be_at(2027, 3, 1, 12)
    return be_at


@pytest.fixture
def read(client):
    """Give it an event for its page as a visitor reads it, on one line and without what is above
    its title."""

    def get(event: EventPage) -> str:
        _next_generation()
        page = client.get(event.url).text
        return " ".join(page.partition("<main")[2].partition("</main>")[0].split())

    return get


def commemoration(index, *exceptions: YearException, **fields) -> EventPage:
    fields = {
        "all_day": True,
        "start_time": None,
        "start_date": date(2027, 4, 7),
        "yearly": True,
        "last_year": 2030,
    } | fields
    event = EventFactory(**fields)
    event.exceptions = list(exceptions)
    return index.add_child(instance=event)


def test_it_says_when_on_the_clocks_there_and_where(read, index, now):
    event = place_below(
        index,
        time_zone="America/New_York",
        end_time=time(12, 30),
        place="United Nations",
        country=Country.objects.get(code="US"),
        languages=["en", "fr"],
        accessibility="Step-free.\nCaptions.",
        website="https://www.host.example/event",
    )
    page = read(event)
    for shown in (
        "Conference",
        '<time datetime="2027-03-10">10 March 2027</time>',
        "10:00\N{EN DASH}12:30",
        "New York time (UTC\N{MINUS SIGN}5)",
        'datetime="2027-03-10T15:00Z"',
        "United Nations, United States of America",
        "English, French",
        "Step-free.<br>Captions.",
        '<a href="https://www.host.example/event" rel="noopener">host.example</a>',
        "Takes place",
    ):
        assert shown in page, shown


def test_an_event_of_several_days_says_when_it_ends(read, index, now):
    event = place_below(index, end_date=date(2027, 3, 12), end_time=time(17))
    page = read(event)
    assert "10\N{EN DASH}12 March 2027" in page
    assert "from 10:00" in page
    assert "until 17:00 on the last day" in page


@pytest.mark.parametrize(
    ("hour", "says"), [(9, "Takes place"), (10, "On now"), (11, "On now"), (12, "Is over")]
)
def test_it_says_how_it_stands_at_this_moment(read, index, now, hour, says):
    event = place_below(index, end_time=time(12))
    now(2027, 3, 10, hour)
    words = {"Takes place", "On now", "Is over"}
    page = read(event)
    assert {word for word in words if word in page} == {says}


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (Status.CANCELLED, "This event does not take place."),
        (Status.POSTPONED, "A new time will be shown here."),
    ],
)
def test_what_does_not_take_place_stays_and_says_so_and_why(read, index, now, status, says):
    page = read(place_below(index, title="The debate", status=status, status_note="No hall."))
    for shown in ("The debate", str(status.label), says, "No hall."):
        assert shown in page, shown
    assert "Takes place" not in page


def test_a_note_about_a_status_that_is_no_more_is_not_shown(read, index, now):
    assert "No hall." not in read(place_below(index, status_note="No hall."))


def test_an_event_that_was_cancelled_is_told_in_the_past_once_it_is(read, index, now):
    event = place_below(index, status=Status.CANCELLED)
    now(2027, 4, 1)
    assert "This event did not take place." in read(event)


class TestOnline:
    def test_an_address_for_everybody_is_linked(self, read, index, now):
        event = place_below(index, online=True, online_address="https://meet.example/room")
        assert '<a href="https://meet.example/room" rel="noopener">meet.example</a>' in read(event)

    def test_an_address_for_those_registered_is_nowhere_on_the_page(self, client, index, now):
        event = place_below(
            index,
            online=True,
            online_address="https://meet.example/secret",
            online_address_private=True,
            registration=True,
        )
        page = client.get(event.url).text
        assert "meet.example" not in page
        assert "Those who are registered get the address by e-mail." in page


class TestEveryYear:
    def test_the_next_date_is_shown_and_those_after_it(self, read, index, now):
        page = read(commemoration(index))
        assert '<p class="event-day"><time datetime="2027-04-07">7 April 2027' in page
        dates = page.partition("The next dates")[2].partition("</ul>")[0]
        assert dates.count("<li>") == 4
        assert "7 April 2030" in dates

    def test_years_that_differ_are_told(self, read, index, now):
        event = commemoration(
            index,
            YearException(year=2027, what=What.LEFT_OUT),
            YearException(year=2028, what=What.CANCELLED),
            YearException(year=2029, what=What.MOVED, start_date=date(2029, 4, 9)),
        )
        page = read(event)
        assert '<p class="event-day"><time datetime="2028-04-07">' in page
        assert "It is not held in 2028." in page
        dates = page.partition("The next dates")[2].partition("</ul>")[0]
        assert '2027 <span class="meta">not held</span>' in dates
        assert "9 April 2029" in dates
        assert "instead of 7 April 2029" in dates
        assert dates.count("Cancelled") == 1

    def test_a_day_that_was_moved_says_instead_of_which(self, read, index, now):
        moved = YearException(year=2027, what=What.MOVED, start_date=date(2027, 4, 9))
        assert "Instead of on 7 April 2027." in read(commemoration(index, moved))

    def test_after_the_last_year_it_is_over(self, read, index, now):
        event = commemoration(index)
        now(2031, 1, 1)
        page = read(event)
        assert "Is over" in page
        assert "7 April 2030" in page
        assert "The next dates" not in page

    def test_one_that_is_left_out_in_each_year_breaks_nothing(self, read, index, now):
        left_out = [YearException(year=year, what=What.LEFT_OUT) for year in (2027, 2028)]
        page = read(commemoration(index, *left_out, last_year=2028))
        assert page.count("not held") == 2


class TestOrganisers:
    def test_members_are_linked_as_they_wish_to_be_seen_and_in_order(self, read, index, now):
        named = MembershipFactory(organisation__name="Beta Rights").organisation
        unseen = [
            MembershipFactory(organisation__name="Unnamed One", organisation__listing=listing)
            for listing in (Listing.UNNAMED,)
        ]
        hidden = MembershipFactory(
            organisation__name="Hidden One", organisation__listing=Listing.HIDDEN
        ).organisation
        past = MembershipFactory(organisation__name="Past One", ended=date(2020, 1, 1)).organisation
        event = EventFactory()
        event.organisers = [
            EventOrganiser(name="The Ministry", website="https://ministry.example/", sort_order=0),
            EventOrganiser(organisation=named, sort_order=1),
            *(
                EventOrganiser(organisation=one, sort_order=2)
                for one in (unseen[0].organisation, hidden, past)
            ),
            EventOrganiser(name="Alone", sort_order=3),
        ]
        page = read(index.add_child(instance=event))
        shown = [
            '<a href="https://ministry.example/">The Ministry</a>',
            f'<a href="/members/{named.slug}/">Beta Rights</a>',
            "<li>Alone</li>",
        ]
        assert [page.index(one) for one in shown] == sorted(page.index(one) for one in shown)
        for name in ("Unnamed One", "Hidden One", "Past One"):
            assert name not in page

    def test_a_member_that_goes_into_hiding_is_gone_at_once(self, client, index, now):
        organisation = MembershipFactory(organisation__name="Beta Rights").organisation
        event = EventFactory()
        event.organisers = [EventOrganiser(organisation=organisation)]
        index.add_child(instance=event)
        assert "Beta Rights" in client.get(event.url).text
        organisation.listing = Listing.HIDDEN
        organisation.save()
        _next_generation()  # As the commit does, which no test reaches.
        assert "Beta Rights" not in client.get(event.url).text


@pytest.fixture
def related(home, index):
    """An event with situations and documents: one each that is public, a draft, and private."""
    situations = home.add_child(instance=SituationIndexPage(title="Situations", slug="situations"))
    library = home.add_child(instance=PublicationIndexPage(title="Library", slug="library"))
    ghana = Country.objects.get(code="GH")
    event = place_below(index)
    for name in ("Shown", "Draft", "Private"):
        live = name != "Draft"
        pages = (
            situations.add_child(
                instance=SituationPage(title=f"{name} country", country=ghana, live=live)
            ),
            library.add_child(
                instance=PublicationPage(
                    title=f"{name} report", kind="report", date="2012", live=live
                )
            ),
        )
        event.situations.add(pages[0])
        event.documents.add(pages[1])
        if name == "Private":
            for page in pages:
                PageViewRestriction.objects.create(page=page, restriction_type="login")
    event.save()
    return event


def test_what_it_is_related_to_is_linked_if_visitors_may_read_it(read, related, now):
    page = read(related)
    for shown in ("Shown country", "Shown report"):
        assert shown in page
    for name in ("Draft", "Private"):
        assert f"{name} " not in page


def test_the_editor_previews_what_was_not_saved(rf, index, now):
    event = EventFactory(title="Not there yet")
    event.organisers = [EventOrganiser(name="The Ministry")]
    event.set_url_path(index)
    answer = event.make_preview_request()
    assert answer.status_code == 200
    answer.render()
    assert "The Ministry" in answer.content.decode()


def test_it_takes_at_most_ten_queries_with_everything_on_it(client, related, now):
    member = MembershipFactory().organisation
    Organisation.objects.update(profile_published=True)
    related.organisers = [EventOrganiser(organisation=member), EventOrganiser(name="Other")]
    related.country = Country.objects.get(code="GH")
    related.registration, related.capacity = True, 2
    related.body = [
        ("paragraph", f'<p><a linktype="page" id="{related.pk}">here</a></p>'),
        ("events", {"title": "Next", "number": 3, "country": ""}),
    ]
    related.save()
    Registration.objects.create(event=related, state="placed", name="Ama")
    client.get(related.url)
    _next_generation()
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(related.url)
    assert answer.status_code == 200
    assert len(queries) <= 10
    with CaptureQueriesContext(connection) as queries:
        assert client.get(related.url)["X-Cache"] == "hit"
    assert len(queries) == 0
