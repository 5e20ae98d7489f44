"""What all public forms have in common."""

import pytest

from icrtop.accounts.models import User
from icrtop.mail.models import Message
from newsletter.models.subscribers import Subscriber

pytestmark = pytest.mark.django_db

FORMS = {
    "/contact/": {"name": "Jo", "email": "jo@example.org", "message": "Hello"},
    "/subscribe/": {"email": "jo@example.org", "lists": ["bulletin"], "consent": "on"},
    "/account/sign-in/": {"email": "jo@example.org"},
}
each_form = pytest.mark.parametrize(("path", "answers"), FORMS.items(), ids=FORMS)


@each_form
def test_a_body_that_is_no_form_lacks_everything(content, client, path, answers):
    answer = client.post(path, '{"name": "Jo"}', content_type="application/json")
    assert answer.status_code == 200
    assert "There is a problem" in answer.text


@each_form
@pytest.mark.parametrize("written", ["x" * 500, "a\0b", "\r\n"], ids=["long", "nul", "line"])
def test_whatever_is_in_the_trap_the_robot_sees_success(content, client, path, answers, written):
    answer = client.post(path, {**answers, "leave_this_empty": written})
    assert answer.status_code in (302, 303)
    assert not Message.objects.exists()
    assert not Subscriber.objects.exists()
    assert not User.objects.exists()


@each_form
def test_a_dot_or_a_tag_makes_no_other_mailbox(content, client, path, answers):
    spellings = ["jo@example.org", "J.O@example.org", "jo+1@example.org", "j.o+2@EXAMPLE.org"] * 4
    sent = [client.post(path, {**answers, "email": email}) for email in spellings]
    assert [one.status_code for one in sent].count(200) >= 3
    assert "too often for this e-mail address" in sent[-1].text


@each_form
def test_a_page_with_a_form_is_kept_by_no_shared_cache(content, client, path, answers):
    for answer in (client.get(path), client.post(path)):
        assert "private" in answer["Cache-Control"]
        assert "Cookie" in answer["Vary"]


def test_a_page_for_everybody_may_be_shared_after_asking(content, client):
    assert client.get("/situations/")["Cache-Control"] == "no-cache"


def test_what_staff_see_is_theirs(secretariat):
    assert "private" in secretariat.get("/situations/")["Cache-Control"]
