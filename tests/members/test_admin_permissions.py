"""Who of the staff sees applications, and who moves them."""

import pytest
from django.contrib.auth.models import Group
from django.urls import NoReverseMatch, reverse
from wagtail.admin.admin_url_finder import AdminURLFinder

from icrtop.accounts.groups import EDITORS, LISTSERV, MEMBERSHIP, SECRETARIAT, ensure_groups
from icrtop.accounts.models import User
from icrtop.mail.models import Message
from members.models import Application, Ballot
from members.states import CHANGE, DECIDE, MOVES, By, State
from tests.factories.members import ApplicationFactory
from tests.members.admin_pages import ALL, INDEX, file_of, html, move_of

pytestmark = pytest.mark.django_db

STAFF_MOVES = [move for move in MOVES.values() if move.by == By.STAFF]
SETTINGS = "/admin/settings/members/membershipsettings/"


def pages_of(application) -> list[str]:
    own = [reverse(f"applications:{name}", args=[application.pk]) for name in OWN]
    return [INDEX, file_of(application), move_of(application, "acknowledge"), *own]


OWN = ("assign", "note", "write", "delete")


@pytest.fixture
def log_in(client, staff_with, home):
    def log_in(*codenames: str):
        client.force_login(staff_with(*codenames))
        return client

    return log_in


def in_group(client, name: str):
    ensure_groups()
    user = User.objects.create_user(f"{name.lower()}@example.org")
    user.groups.add(Group.objects.get(name=name))
    client.force_login(user)
    return client


def is_home(response) -> bool:
    return (response.status_code, response.headers.get("Location")) == (
        302,
        reverse("wagtailadmin_home"),
    )


@pytest.mark.parametrize("group", [EDITORS, LISTSERV])
def test_editors_and_the_listserv_see_nothing_of_applications(client, home, group):
    application = ApplicationFactory()
    client = in_group(client, group)
    first_page = html(client.get(reverse("wagtailadmin_home")))
    assert INDEX not in first_page
    for address in pages_of(application):
        assert is_home(client.get(address)), address
        assert is_home(client.post(address)), address
    assert Application.objects.get().version == 1


@pytest.mark.parametrize(("group", "sees"), [(SECRETARIAT, True), (MEMBERSHIP, False)])
def test_the_secretariat_alone_changes_the_settings_and_deletes(client, home, group, sees):
    application = ApplicationFactory()
    client = in_group(client, group)
    assert client.get(INDEX).status_code == client.get(file_of(application)).status_code == 200
    assert is_home(client.get(SETTINGS, follow=False)) is not sees
    assert is_home(client.get(reverse("applications:delete", args=[application.pk]))) is not sees


def test_visitors_are_sent_to_the_login(client, home):
    for address in pages_of(ApplicationFactory()):
        response = client.get(address)
        assert response["Location"].startswith(reverse("wagtailadmin_login"))


@pytest.mark.parametrize("state", [state for state in State if state != State.DRAFT])
@pytest.mark.parametrize(
    ("codenames", "permissions"),
    [
        (ALL, {CHANGE, DECIDE}),
        (("view_application", "change_application"), {CHANGE}),
        (("view_application", "decide_application"), {DECIDE}),
        (("view_application",), set()),
    ],
)
def test_the_file_offers_the_moves_of_its_state_that_one_may_make(
    log_in, codenames, permissions, state
):
    application = ApplicationFactory(state=state)
    client = log_in(*codenames)
    response = client.get(file_of(application))
    offered = {move.name for move, _address, _serious in response.context["moves"]}
    assert offered == {
        move.name
        for move in STAFF_MOVES
        if state in move.sources and move.permission in permissions
    }


@pytest.mark.parametrize("move", STAFF_MOVES, ids=lambda move: move.name)
def test_a_move_is_for_those_with_its_permission(log_in, move):
    application = ApplicationFactory(state=move.sources[0])
    lacking = {"members.change_application", "members.decide_application"} - {move.permission}
    client = log_in("view_application", *(name.partition(".")[2] for name in lacking))
    for answer in (
        client.get(move_of(application, move.name)),
        client.post(move_of(application, move.name), {"version": 1, "note": "x"}),
    ):
        assert is_home(answer)
    application.refresh_from_db()
    assert (application.state, application.version) == (move.sources[0], 1)


def test_who_may_only_look_has_no_forms(log_in):
    application = ApplicationFactory()
    page = html(log_in("view_application").get(file_of(application)))
    for name in OWN:
        assert reverse(f"applications:{name}", args=[application.pk]) not in page


def test_a_draft_has_no_page(log_in):
    draft = ApplicationFactory(state=State.DRAFT)
    client = log_in(*ALL)
    for address in (file_of(draft), move_of(draft, "close"), *pages_of(draft)[3:6]):
        assert client.get(address).status_code == 404


def test_an_anonymised_file_takes_nothing_more(log_in):
    application = ApplicationFactory(state=State.DECLINED)
    application.anonymised_at = application.submitted_at
    application.save()
    client = log_in(*ALL)
    response = client.get(file_of(application))
    assert response.context["moves"] == []
    assert "This file was anonymised" in html(response)
    client.post(move_of(application, "reopen"), {"version": 1, "note": "x", "seen": 0})
    client.post(reverse("applications:note", args=[application.pk]), {"text": "x"})
    client.post(reverse("applications:assign", args=[application.pk]), {"was": "", "me": "1"})
    application.refresh_from_db()
    assert (application.state, application.assigned_to) == (State.DECLINED, None)
    assert not application.notes.exists()


def test_applications_are_neither_added_nor_edited_in_the_admin(log_in):
    application = ApplicationFactory()
    for name in ("add", "edit", "history", "usage", "copy"):
        with pytest.raises(NoReverseMatch):
            reverse(f"applications:{name}", args=[] if name == "add" else [application.pk])
    assert AdminURLFinder().get_edit_url(application) == file_of(application)


def test_junk_is_deleted_after_a_warning_and_its_letters_stay(log_in):
    application = ApplicationFactory()
    message = Message.objects.create(purpose="x", sender="a@example.org", subject="x")
    application.events.create(actor="system", action="submit", to_state="submitted").messages.add(
        message
    )
    client = log_in("view_application", "delete_application")
    address = reverse("applications:delete", args=[application.pk])
    assert "Delete only what is junk" in html(client.get(address))
    client.post(address)
    assert not Application.objects.exists()
    assert Message.objects.exists()


@pytest.mark.parametrize("state", [State.UNDER_REVIEW, State.BALLOT, State.ACCEPTED, State.DRAFT])
def test_what_is_no_junk_is_not_deleted(log_in, state):
    application = ApplicationFactory(state=state)
    client = log_in("view_application", "delete_application")
    client.post(reverse("applications:delete", args=[application.pk]))
    assert Application.objects.exists()


def test_a_closed_application_with_a_ballot_is_not_deleted(log_in):
    application = ApplicationFactory(state=State.CLOSED)
    Ballot.objects.create(
        application=application,
        closes_at=application.submitted_at,
        quorum_percent=50,
        majority="more_than_half",
    )
    client = log_in("view_application", "delete_application")
    client.post(reverse("applications:delete", args=[application.pk]))
    assert Application.objects.exists()
