import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from icrtop.mail.models import Message
from members.models import EndReason, OrganisationEvent, Reconfirmation
from tests.factories.members import FocalPointFactory, MembershipFactory

pytestmark = pytest.mark.usefixtures("home")


def days_ago(days):
    return timezone.now() - datetime.timedelta(days=days)


@pytest.fixture
def term():
    term = MembershipFactory(organisation__name="Amani Watch", confirmed_at=days_ago(450))
    FocalPointFactory(organisation=term.organisation, name="Ama", email="ama@amani.example")
    Reconfirmation.objects.create(
        membership=term, asked_at=days_ago(70), reminders=2, reminded_at=days_ago(40)
    )
    return term


@pytest.fixture
def staff(staff_with, client):
    codenames = ("view_organisation", "change_membership", "view_membership")
    client.force_login(staff_with(*codenames))
    return client


def page(term, name="inspect"):
    return reverse(f"organisations:{name}", args=[term.organisation.pk])


def test_the_list_shows_who_is_lapsing_and_whom_nobody_can_be_asked_about(term, staff):
    MembershipFactory(organisation__name="No Focal Points")
    index = reverse("reconfirmations:index")
    text = staff.get(index).content.decode()
    assert "Amani Watch" in text
    assert "No membership ends by itself" in text
    shown = staff.get(index, {"standing": "lapsing"}).context["object_list"]
    assert [one.organisation.name for one in shown] == ["Amani Watch"]
    shown = staff.get(index, {"standing": "nobody"}).context["object_list"]
    assert [one.organisation.name for one in shown] == ["No Focal Points"]


def test_the_first_page_of_the_admin_says_how_many_are_lapsing(term, staff):
    home = staff.get(reverse("wagtailadmin_home")).content.decode()
    assert "1 member is lapsing" in home


def test_staff_record_a_confirmation_by_telephone(term, staff):
    url = page(term, "record_confirmation")
    assert "Say how we know it." in staff.post(url, {"note": ""}).content.decode()
    staff.post(url, {"note": "Ama, by telephone"})
    term.refresh_from_db()
    assert term.confirmed_at > days_ago(1)
    assert Reconfirmation.objects.get().confirmed_at
    event = OrganisationEvent.objects.get(action="reconfirmed")
    assert (event.by_name, event.note) == ("Kofi Example", "Ama, by telephone")
    assert "Ama, by telephone" in staff.get(page(term)).content.decode()


def test_staff_end_the_term_of_who_does_not_answer_with_a_letter_in_their_words(term, staff):
    url = page(term, "end_term")
    text = staff.get(url).content.decode()
    assert "ama@amani.example" in text
    assert "We have asked several times" in text
    term.refresh_from_db()
    assert term.ended is None
    staff.post(url, {"body": "We tried to reach you."})
    term.refresh_from_db()
    assert (term.ended, term.end_reason) == (timezone.localdate(), EndReason.LAPSED)
    letter = Message.objects.get(purpose="members.ended")
    assert "We tried to reach you." in letter.text
    assert OrganisationEvent.objects.get(action="ended").messages.get() == letter
    staff.post(url, {"body": "Again"})
    assert Message.objects.filter(purpose="members.ended").count() == 1


@pytest.mark.parametrize("name", ["record_confirmation", "end_term"])
def test_who_may_not_change_memberships_does_neither(term, staff_with, client, name):
    client.force_login(staff_with("view_organisation", email="looker@example.org"))
    client.post(page(term, name), {"note": "Ama said so", "body": "Goodbye"})
    term.refresh_from_db()
    assert term.ended is None
    assert term.confirmed_at < days_ago(1)
    assert page(term, name) not in client.get(page(term)).content.decode()


def test_a_member_that_nobody_speaks_for_is_ended_without_a_letter(staff):
    term = MembershipFactory()
    assert "no letter goes out" in staff.get(page(term, "end_term")).content.decode()
    staff.post(page(term, "end_term"), {"body": "Goodbye"})
    term.refresh_from_db()
    assert term.ended
    assert not Message.objects.exists()
