"""The queue in the admin: who sees it, what it shows, and how an application is moved on."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from wagtail.admin.admin_url_finder import AdminURLFinder

from icrtop.mail.models import Delivery, Message
from icrtop.mail.models import State as DeliveryState
from icrtop.places.models import Country
from members.answers import Answers
from members.models import Application, Category, Membership, Organisation
from members.services import review, submit_application
from members.statements import CURRENT
from members.states import State
from tests.factories.members import ApplicationFactory, MembershipFactory

pytestmark = pytest.mark.django_db

INDEX = reverse("applications:index")
ALL = ("view_application", "change_application", "decide_application")


def html(response) -> str:
    return response.content.decode()


def file_of(application) -> str:
    return reverse("applications:inspect", args=[application.pk])


def move_of(application, name) -> str:
    return reverse("applications:move", args=[application.pk, name])


@pytest.fixture
def log_in(client, staff_with):
    def log_in(*codenames: str):
        client.force_login(staff_with(*codenames))
        return client

    return log_in


@pytest.fixture
def staff(log_in):
    return log_in(*ALL)


@pytest.fixture
def submitted(home):
    return submit_application(
        Answers(
            organisation_name="Example <Society>",
            country=Country.objects.get(code="GH"),
            website="https://example.org",
            contact_name="Ama Example",
            email="ama@example.org",
            category="member",
            why="To work with others.",
        ),
        CURRENT,
    )


def names(response) -> list[str]:
    return [one.organisation_name for one in response.context["object_list"]]


def test_the_queue_shows_what_waits_longest_first(staff):
    def old(name, days, state=State.SUBMITTED):
        created = timezone.now() - datetime.timedelta(days=days)
        return ApplicationFactory(organisation_name=name, created=created, state=state)

    old("Decided", 90, State.DECLINED)
    old("New", 1)
    old("Old", 40, State.UNDER_REVIEW)
    old("Decided lately", 3, State.ACCEPTED)
    response = staff.get(INDEX)
    assert names(response) == ["Old", "New", "Decided lately", "Decided"]
    for shown in ("Under review", "Ghana", "Member", ">40<"):
        assert shown in " ".join(html(response).split()).replace("> ", ">").replace(" <", "<")


@pytest.mark.parametrize("query", ["societ", "AMA@example", "Ama", "A-2346"])
def test_it_is_searched(staff, query):
    ApplicationFactory(
        organisation_name="Example Society", email="ama@example.org", reference="A-2346-AAAA"
    )
    ApplicationFactory(organisation_name="Other", contact_name="Kofi", email="k@example.net")
    response = staff.get(reverse("applications:index_results"), {"q": query})
    assert names(response) == ["Example Society"]


@pytest.mark.parametrize(
    "query",
    [
        {"state": ["under_review", "accepted"]},
        {"category": "ngo_supporter"},
        {"region": "019"},
        {"country": "PE"},
        {"waiting": "false"},
    ],
)
def test_it_is_filtered(staff, query):
    ApplicationFactory(
        organisation_name="Wanted",
        state=State.ACCEPTED,
        category=Category.NGO_SUPPORTER,
        country=Country.objects.get(code="PE"),
    )
    ApplicationFactory(organisation_name="Other")
    assert names(staff.get(INDEX, query)) == ["Wanted"]


def test_what_waits_is_filtered_and_counted_on_the_first_page(staff, home):
    ApplicationFactory.create_batch(2)
    ApplicationFactory(organisation_name="Decided", state=State.DECLINED)
    first_page = html(staff.get(reverse("wagtailadmin_home")))
    assert "2 applications wait" in first_page
    assert f"{INDEX}?waiting=true" in first_page
    waiting = staff.get(f"{INDEX}?waiting=true")
    assert len(names(waiting)) == 2
    assert "Decided" not in names(waiting)


def test_those_who_may_not_see_applications_see_none(log_in, submitted):
    client = log_in()
    assert "application waits" not in html(client.get(reverse("wagtailadmin_home")))
    for address in (INDEX, file_of(submitted), move_of(submitted, "review")):
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (302, reverse("wagtailadmin_home"))


def test_visitors_are_sent_to_the_login(client, submitted):
    for address in (INDEX, file_of(submitted), move_of(submitted, "review")):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("wagtailadmin_login"))


def test_the_list_costs_the_same_whatever_its_length(staff, django_assert_max_num_queries):
    ApplicationFactory.create_batch(2)
    staff.get(INDEX)
    with django_assert_max_num_queries(25) as few:
        staff.get(INDEX)
    ApplicationFactory.create_batch(20)
    with django_assert_max_num_queries(len(few)):
        staff.get(INDEX)


def test_the_file_shows_the_answers_the_trail_and_what_became_of_the_letters(staff, submitted):
    delivery = Delivery.objects.get(address="ama@example.org")
    delivery.state, delivery.server_reply = DeliveryState.FAILED, "550 No such user"
    delivery.save()
    page = html(staff.get(file_of(submitted)))
    for shown in (
        "Example &lt;Society&gt;",
        submitted.reference,
        "Ghana",
        "https://example.org",
        "To work with others.",
        "accepts the full range of its measures",
        "founding purposes",
        "Sent in",
        "(applicant)",
        "refused (550 No such user)",
        "to be sent",
    ):
        assert shown in page
    assert reverse("outbox:inspect", args=[delivery.pk]) not in page


def test_letters_are_linked_for_those_who_may_see_the_outbox(log_in, submitted):
    client = log_in("view_application", "view_delivery")
    delivery = Delivery.objects.get(address="ama@example.org")
    address = reverse("outbox:inspect", args=[delivery.pk])
    assert address in html(client.get(file_of(submitted)))
    assert client.get(address).status_code == 200


@pytest.mark.parametrize(
    ("codenames", "state", "offered"),
    [
        (ALL, State.SUBMITTED, {"review", "close"}),
        (ALL, State.UNDER_REVIEW, {"accept", "decline", "close"}),
        (ALL, State.ACCEPTED, set()),
        (ALL, State.DECLINED, set()),
        (ALL, State.CLOSED, {"reopen"}),
        (("view_application",), State.UNDER_REVIEW, set()),
        (("view_application", "change_application"), State.UNDER_REVIEW, {"close"}),
        (("view_application", "decide_application"), State.UNDER_REVIEW, {"accept", "decline"}),
    ],
)
def test_the_file_offers_the_moves_that_one_may_make(log_in, codenames, state, offered):
    application = ApplicationFactory(state=state)
    response = log_in(*codenames).get(file_of(application))
    assert {move.name for move, _address in response.context["moves"]} == offered
    for _move, address in response.context["moves"]:
        assert f'href="{address}"' in html(response)


def test_the_page_of_a_move_says_what_it_will_do_and_does_nothing_yet(staff):
    application = ApplicationFactory(state=State.UNDER_REVIEW)
    page = html(staff.get(move_of(application, "decline")))
    assert application.email in page
    assert "has decided not to accept it" in page
    assert "The decision on your application" in page
    application.refresh_from_db()
    assert application.state == State.UNDER_REVIEW
    assert not Message.objects.exists()


def test_confirming_a_move_makes_it_and_shows_the_file(staff):
    application = ApplicationFactory(state=State.UNDER_REVIEW, organisation_name="Example Society")
    response = staff.post(
        move_of(application, "decline"), {"version": 1, "note": "Not a field of ours."}, follow=True
    )
    assert response.redirect_chain == [(file_of(application), 302)]
    assert "Example Society: Declined." in html(response)
    assert "Not a field of ours." in html(response)
    application.refresh_from_db()
    assert application.state == State.DECLINED
    assert Message.objects.get().purpose == "members.application_declined"


def test_a_move_without_its_reasons_is_asked_again(staff):
    application = ApplicationFactory(state=State.UNDER_REVIEW)
    response = staff.post(move_of(application, "decline"), {"version": 1, "note": ""})
    assert set(response.context["form"].errors) == {"note"}
    application.refresh_from_db()
    assert application.state == State.UNDER_REVIEW


@pytest.mark.parametrize("data", [{}, {"version": "x"}, {"version": "", "note": "\0"}])
def test_a_confirmation_without_a_version_does_nothing(staff, data):
    application = ApplicationFactory()
    response = staff.post(move_of(application, "review"), data)
    assert response.status_code == 200
    application.refresh_from_db()
    assert application.state == State.SUBMITTED


def test_the_second_of_two_is_told_and_moves_nothing(staff, staff_with):
    application = ApplicationFactory()
    review(application, staff_with("change_application", email="first@example.org"), 1)
    response = staff.post(move_of(application, "review"), {"version": 1}, follow=True)
    assert "has moved already" in html(response)
    assert application.events.count() == 1


def test_the_second_keeps_the_note_where_the_move_is_still_open(staff, staff_with):
    application = ApplicationFactory()
    review(application, staff_with("change_application", email="first@example.org"), 1)
    late = {"version": 1, "note": "They withdrew."}
    response = staff.post(move_of(application, "close"), late)
    assert "Nothing was done" in html(response)
    assert "They withdrew." in html(response)
    application.refresh_from_db()
    assert application.state == State.UNDER_REVIEW
    staff.post(move_of(application, "close"), late | {"version": 2})
    application.refresh_from_db()
    assert application.state == State.CLOSED


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_move_is_for_those_with_its_permission(log_in, method):
    application = ApplicationFactory(state=State.UNDER_REVIEW)
    client = log_in("view_application", "change_application")
    response = getattr(client, method)(move_of(application, "accept"), {"version": 1})
    assert (response.status_code, response["Location"]) == (302, reverse("wagtailadmin_home"))
    application.refresh_from_db()
    assert application.state == State.UNDER_REVIEW


def test_there_is_no_move_that_is_not_in_the_table(staff):
    assert staff.get(move_of(ApplicationFactory(), "promote")).status_code == 404


def test_applications_are_neither_added_nor_edited_in_the_admin(staff, submitted):
    for name in ("add", "edit", "history", "usage", "copy"):
        with pytest.raises(NoReverseMatch):
            reverse(f"applications:{name}", args=[] if name == "add" else [submitted.pk])
    assert AdminURLFinder().get_edit_url(submitted) == file_of(submitted)


def test_junk_is_deleted_by_those_who_may(log_in, submitted):
    address = reverse("applications:delete", args=[submitted.pk])
    assert log_in("view_application").post(address)["Location"] == reverse("wagtailadmin_home")
    assert Application.objects.exists()


def test_deleting_leaves_the_letters_that_went(log_in, submitted):
    address = reverse("applications:delete", args=[submitted.pk])
    client = log_in("view_application", "delete_application")
    assert client.get(address).status_code == 200
    client.post(address)
    assert not Application.objects.exists()
    assert Message.objects.count() == 2


def test_permissions_are_there_for_groups(staff):
    codenames = set(
        Permission.objects.filter(content_type__app_label="members").values_list(
            "codename", flat=True
        )
    )
    assert {
        f"{verb}_application" for verb in ("add", "change", "delete", "view", "decide")
    } <= codenames
    assert {f"{verb}_organisation" for verb in ("add", "change", "delete", "view")} <= codenames


# Organisations and their terms


def organisation_form(**fields):
    return {
        "name": "Example Society",
        "slug": "example-society",
        "acronym": "",
        "country": "GH",
        "city": "Accra",
        "website": "",
        "about": "",
        "internal_note": "",
        "memberships-TOTAL_FORMS": "0",
        "memberships-INITIAL_FORMS": "0",
        "memberships-MIN_NUM_FORMS": "0",
        "memberships-MAX_NUM_FORMS": "1000",
        **fields,
    }


def term(number, **fields):
    values = {"id": "", "category": "member", "since": "2010", "ended": "", **fields}
    return {f"memberships-{number}-{name}": value for name, value in values.items()}


@pytest.fixture
def keeper(log_in):
    return log_in("view_organisation", "add_organisation", "change_organisation")


def test_an_organisation_is_added_with_its_term(keeper):
    data = organisation_form(**term(0, founding="on"), **{"memberships-TOTAL_FORMS": "1"})
    response = keeper.post(reverse("organisations:add"), data)
    assert response.status_code == 302
    membership = Membership.objects.get(organisation__name="Example Society")
    assert (membership.since, membership.founding) == ("2010", True)
    assert "Example Society" in html(keeper.get(reverse("organisations:index")))


def test_two_terms_at_a_time_are_an_error_and_no_failure(keeper):
    data = organisation_form(**term(0), **term(1), **{"memberships-TOTAL_FORMS": "2"})
    response = keeper.post(reverse("organisations:add"), data)
    assert response.status_code == 200
    assert "Only one term can be going on." in html(response)
    assert not Organisation.objects.exists()


def test_one_term_ends_and_another_begins_at_once(keeper):
    membership = MembershipFactory(organisation__name="Example Society")
    data = organisation_form(
        **term(0, id=membership.pk, ended="2015-05-01"),
        **term(1, category="ngo_supporter", since="2015-05-02"),
        **{"memberships-TOTAL_FORMS": "2", "memberships-INITIAL_FORMS": "1"},
    )
    response = keeper.post(reverse("organisations:edit", args=[membership.organisation.pk]), data)
    assert response.status_code == 302
    assert Organisation.objects.supporters().get().since == "2015-05-02"
    assert Membership.objects.count() == 2


def test_a_term_that_ends_before_it_begins_is_an_error_beside_the_field(keeper):
    data = organisation_form(
        **term(0, since="2015", ended="2014-01-01"), **{"memberships-TOTAL_FORMS": "1"}
    )
    response = keeper.post(reverse("organisations:add"), data)
    assert "The term cannot end before it began." in html(response)


def test_a_term_left_as_it_was_offered_is_kept(keeper):
    data = organisation_form(**term(0, since=""), **{"memberships-TOTAL_FORMS": "1"})
    assert keeper.post(reverse("organisations:add"), data).status_code == 302
    membership = Membership.objects.get(organisation__name="Example Society")
    assert (membership.category, membership.since) == (Category.MEMBER, "")


def test_two_terms_left_as_they_were_offered_are_an_error(keeper):
    data = organisation_form(
        **term(0, since=""), **term(1, since=""), **{"memberships-TOTAL_FORMS": "2"}
    )
    response = keeper.post(reverse("organisations:add"), data)
    assert "Only one term can be going on." in html(response)
    assert not Organisation.objects.exists()
