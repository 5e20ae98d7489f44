import datetime
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from icrtop.mail.models import Message
from members.models import FocalPoint, Listing, Membership, OrganisationEvent, Reconfirmation
from members.services import focal_points, reconfirming
from members.services.recording import Person
from tests.factories.members import FocalPointFactory, MembershipFactory

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def term():
    term = MembershipFactory(
        organisation__name="Amani Watch",
        organisation__internal_note="Said in confidence",
        confirmed_at=timezone.now() - datetime.timedelta(days=400),
    )
    for name in ("Ama", "Kwame"):
        FocalPointFactory(
            organisation=term.organisation,
            name=name,
            email=f"{name.lower()}@amani.example",
            telephone="+233 30 000 0000",
        )
    reconfirming.ask_and_remind()
    return term


def link_to(address):
    message = Message.objects.get(purpose="members.reconfirm", deliveries__address=address)
    return urlsplit(next(word for word in message.text.split() if "/confirm/" in word)).path


@pytest.fixture
def link(term):
    return link_to("ama@amani.example")


def test_looking_at_the_link_changes_nothing(term, link, client):
    for method in (client.get, client.head, client.get):
        assert method(link).status_code == 200
    assert not Reconfirmation.objects.exclude(confirmed_at=None).exists()
    assert not OrganisationEvent.objects.filter(action="reconfirmed").exists()


def test_one_button_confirms_without_signing_in(term, link, client):
    assert "Nothing has changed: confirm" in client.get(link).content.decode()
    answer = client.post(link, follow=True)
    assert "Your details were confirmed on" in answer.content.decode()
    question = Reconfirmation.objects.get()
    assert (question.by_name, question.by_email) == ("Ama", "ama@amani.example")
    client.post(link)
    assert OrganisationEvent.objects.filter(action="reconfirmed").count() == 1


def test_each_focal_point_has_a_link_of_their_own_and_one_answer_is_enough(term, link, client):
    other = link_to("kwame@amani.example")
    assert other != link
    client.post(other)
    assert Reconfirmation.objects.get().by_name == "Kwame"
    assert "Your details were confirmed" in client.get(link).content.decode()


def test_the_page_shows_no_more_than_is_needed(term, link, client):
    text = client.get(link).content.decode()
    assert "Amani Watch" in text
    for secret in ("Said in confidence", "amani.example", "+233"):
        assert secret not in text
    client.post(link)
    assert "Amani Watch" not in client.get(link).content.decode()


def test_the_page_of_a_hidden_member_shows_no_profile(term, link, client):
    organisation = term.organisation
    organisation.listing = Listing.HIDDEN
    organisation.about = "Secret work"
    organisation.save()
    text = client.get(link).content.decode()
    assert "is shown nowhere" in text
    assert "Secret work" not in text


def test_the_page_is_in_no_cache_and_no_search_engine(term, link, client):
    answer = client.get(link)
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_an_old_link_says_so_and_does_nothing(term, link, client):
    later = timezone.now() + datetime.timedelta(days=91)
    # Signatures are dated by the operating system's clock.
    with patch("time.time", lambda: later.timestamp()):
        answer = client.post(link)
    assert answer.status_code == 410
    assert "too old" in answer.content.decode()
    assert not Reconfirmation.objects.exclude(confirmed_at=None).exists()


def test_a_link_with_another_letter_in_it_is_no_link(term, link, client):
    wrong = link[:-3] + ("a" if link[-3] != "a" else "b") + link[-2:]
    assert client.post(wrong).status_code == 404
    assert not Reconfirmation.objects.exclude(confirmed_at=None).exists()


def test_the_link_of_somebody_who_was_removed_is_no_link(term, link, client):
    focal_points.remove(FocalPoint.objects.get(name="Ama"), Person("Kwame"))
    assert client.post(link).status_code == 404
    assert not Reconfirmation.objects.exclude(confirmed_at=None).exists()


def test_the_link_of_an_earlier_year_does_not_answer_this_years_question(term, link, client):
    client.post(link)
    Membership.objects.update(confirmed_at=timezone.now() - datetime.timedelta(days=500))
    reconfirming.ask_and_remind()
    client.post(link)
    assert Reconfirmation.objects.filter(confirmed_at=None).count() == 1


def test_the_link_of_a_member_that_has_left_confirms_nothing(term, link, client):
    term.ended = timezone.localdate()
    term.save()
    client.post(link)
    assert "The membership has ended" in client.get(link).content.decode()
    assert not Reconfirmation.objects.exclude(confirmed_at=None).exists()
