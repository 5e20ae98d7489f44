"""The queue: what it shows, in which order, what is marked, and what the filters find."""

import csv
import datetime
import io

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from icrtop.places.models import Country
from members.models import Ballot, Category, MembershipSettings
from members.states import State
from tests.factories.members import ApplicationFactory

pytestmark = pytest.mark.django_db

INDEX = reverse("applications:index")
SEEING = ("view_application",)


@pytest.fixture
def staff(client, staff_with, home):
    client.force_login(staff_with(*SEEING, "change_application"))
    return client


def html(response) -> str:
    return " ".join(response.content.decode().split())


def names(response) -> list[str]:
    return [one.organisation_name for one in response.context["object_list"]]


def ago(days: int) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(days=days, minutes=1)


def waiting(name: str, days: int, state=State.SUBMITTED, **fields):
    return ApplicationFactory(
        organisation_name=name, submitted_at=ago(days), state_since=ago(days), state=state, **fields
    )


def test_what_waits_for_the_secretariat_comes_first_and_the_oldest_on_top(staff):
    waiting("Decided", 90, State.DECLINED)
    waiting("Asked", 60, State.MORE_INFORMATION)
    waiting("New", 1)
    waiting("Old", 40, State.UNDER_REVIEW)
    assert names(staff.get(INDEX)) == ["Old", "New", "Asked", "Decided"]


def test_a_row_says_where_it_stands_whose_turn_it_is_and_for_how_long(staff, staff_with):
    kofi = staff_with(email="kofi@example.org")
    application = waiting("Example Society", 9, State.VOTED, assigned_to=kofi)
    application.submitted_at = ago(33)
    application.save()
    page = html(staff.get(INDEX))
    for shown in (
        "Example Society",
        "Ballot closed",
        "Secretariat",
        "Ghana",
        "Member",
        "Kofi Example",
    ):
        assert shown in page
    assert f">{33}<" in page.replace("> ", ">").replace(" <", "<")
    assert f">{9}<" in page.replace("> ", ">").replace(" <", "<")


def test_drafts_are_never_listed_and_only_counted(staff):
    ApplicationFactory(organisation_name="Half written", state=State.DRAFT)
    page = html(staff.get(INDEX))
    assert "Half written" not in page
    assert "1 draft was begun and not sent yet" in page
    assert names(staff.get(INDEX, {"q": "Half"})) == []
    assert names(staff.get(INDEX, {"state": "draft"})) == []


def test_an_anonymised_file_is_shown_as_such(staff):
    waiting("", 800, State.DECLINED, anonymised_at=timezone.now())
    assert "Anonymised" in html(staff.get(INDEX))


def test_only_what_waits_longer_than_the_settings_say_is_marked(staff):
    rules = MembershipSettings.current()
    rules.ageing_days = 10
    rules.save()
    waiting("Long", 11)
    waiting("Not yet", 9)
    waiting("Others' turn", 50, State.MORE_INFORMATION)
    response = staff.get(INDEX)
    marks = {
        row.organisation_name: row.mark and row.mark.name for row in response.context["table"].data
    }
    assert marks == {"Long": "ageing", "Not yet": None, "Others' turn": None}
    assert "Waits long" in html(response)
    assert names(staff.get(INDEX, {"marked": "ageing"})) == ["Long"]


def test_answers_and_ballots_past_their_time_are_marked(staff):
    today = timezone.localdate()
    waiting("Late", 5, State.MORE_INFORMATION, answer_by=today - datetime.timedelta(days=1))
    waiting("Today", 5, State.MORE_INFORMATION, answer_by=today)
    for name, days in (("Stuck ballot", -1), ("Running ballot", 1)):
        Ballot.objects.create(
            application=waiting(name, 5, State.BALLOT),
            closes_at=timezone.now() + datetime.timedelta(days=days),
            quorum_percent=50,
            majority="more_than_half",
        )
    page = html(staff.get(INDEX))
    assert page.count("Answer overdue") == 1
    assert page.count("Ballot overdue") == 1
    assert set(names(staff.get(INDEX, {"marked": "overdue"}))) == {"Late", "Stuck ballot"}


@pytest.mark.parametrize(
    "query",
    [
        {"state": ["ballot", "accepted"]},
        {"category": "ngo_supporter"},
        {"region": "019"},
        {"country": "PE"},
        {"waits_for": "committee"},
        {"older_than": "29"},
        {"q": "wantéd"},
        {"q": "wanted"},
        {"q": "A-2346"},
        {"q": "PERU-PERSON@example"},
        {"q": "focal@wanted"},
        {"q": "wanted.example"},
    ],
)
def test_filters_and_search_find_it_and_nothing_else(staff, query):
    waiting(
        "Wanted",
        30,
        State.BALLOT,
        category=Category.NGO_SUPPORTER,
        country=Country.objects.get(code="PE"),
        reference="A-2346-AAAA",
        website="https://wanted.example/",
        person="peru-person@example.org",
        answers={"focal_1_email": "Focal@wanted.org"},
    )
    waiting("Other", 28, person="other@example.net")
    assert names(staff.get(INDEX, query)) == ["Wanted"]
    results = staff.get(reverse("applications:index_results"), query)
    assert names(results) == ["Wanted"]


@pytest.mark.parametrize("query", [{"older_than": "x"}, {"older_than": "-1"}, {"assigned": "9"}])
def test_a_filter_with_nonsense_in_it_is_no_failure(staff, query):
    assert staff.get(INDEX, query).status_code == 200


def test_who_it_is_assigned_to_is_filtered(staff, staff_with):
    other = staff_with("change_application", email="other@example.org")
    me = type(other).objects.get(email="staff@example.org")
    waiting("Mine", 1, assigned_to=me)
    waiting("Theirs", 1, assigned_to=other)
    waiting("Nobody's", 1)
    for wanted, found in (("me", "Mine"), ("nobody", "Nobody's"), (other.pk, "Theirs")):
        assert names(staff.get(INDEX, {"assigned": wanted})) == [found]


@pytest.mark.parametrize(
    ("ordering", "first"),
    [("submitted_at", "New"), ("-submitted_at", "Old"), ("organisation_name", "New")],
)
def test_sorting_by_age_goes_by_the_days_that_are_shown(staff, ordering, first):
    waiting("Old", 9)
    waiting("New", 2)
    assert names(staff.get(INDEX, {"ordering": ordering}))[0] == first


def test_five_hundred_applications_cost_as_few_queries_as_two(staff, django_assert_max_num_queries):
    ApplicationFactory.create_batch(2, state_since=ago(60))
    staff.get(INDEX)
    with django_assert_max_num_queries(20) as few:
        staff.get(INDEX)
    ApplicationFactory.create_batch(498, state_since=ago(60))
    with django_assert_max_num_queries(len(few)):
        response = staff.get(INDEX)
    assert response.context["paginator"].count == 500
    assert len(names(response)) == 50


def rows_of(response) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_the_csv_holds_the_queue_as_filtered(staff):
    waiting("Wanted", 30, State.UNDER_REVIEW)
    waiting("Other", 3, State.DECLINED)
    [row] = rows_of(staff.get(INDEX, {"export": "csv", "state": "under_review"}))
    assert row["Organisation"] == "Wanted"
    assert row["State"] == "Under review"
    assert row["Waits for"] == "Secretariat"
    assert row["Marked"] == "Waits long"
    assert row["Age in days"] == "30"
    assert row["Country"] == "Ghana"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\uff1d1"])
def test_no_cell_of_the_csv_is_a_formula(staff, name):
    waiting(name, 1)
    [row] = rows_of(staff.get(INDEX, {"export": "csv"}))
    assert row["Organisation"] == f"'{name}"


def test_the_workbook_holds_names_as_text(staff):
    waiting("=1+1", 1)
    content = b"".join(staff.get(INDEX, {"export": "xlsx"}).streaming_content)
    _heading, row = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows()
    assert (row[1].value, row[1].data_type) == ("=1+1", "s")


def test_the_first_page_counts_what_waits_and_what_waits_long(staff):
    waiting("New", 1)
    waiting("Long", 50)
    waiting("Decided", 50, State.DECLINED)
    page = html(staff.get(reverse("wagtailadmin_home")))
    assert "2 applications wait for us" in page
    assert "1 waits long" in page
    assert names(staff.get(f"{INDEX}?waits_for=secretariat")) == ["Long", "New"]
    assert names(staff.get(f"{INDEX}?marked=ageing")) == ["Long"]
