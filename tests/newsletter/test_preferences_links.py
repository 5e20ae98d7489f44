"""How subscribers get to their preferences, and nobody else does."""

import pytest
from django.test import Client
from django.utils import timezone

from icrtop.mail.composing import sign
from icrtop.mail.control import suppress
from icrtop.mail.models import Delivery, State, Suppression
from newsletter import links
from newsletter.models import HistoryEntry, Subscriber
from newsletter.services.letters import LETTERS_PER_DAY
from newsletter.services.preferences import send_link
from tests.newsletter.conftest import kinds_of, link_in, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page")]

JO = "jo@example.org"


@pytest.mark.parametrize("part", ["", "address/", "export/", "erase/"])
def test_a_tampered_link_or_one_of_another_kind_opens_nothing(client, jo, link, part):
    leave = links.leave_url(jo.subscriptions.first())
    day = timezone.localdate().toordinal()
    refused = [
        token_of(link)[:-1],
        sign([jo.pk + 1, day], links.PREFERENCES).partition(":")[0]
        + ":"
        + token_of(link).partition(":")[2],
        token_of(leave),
        token_of(links.export_url(jo)),
        token_of(links.address_url(jo, "other@example.org")),
        sign([jo.pk, day], links.LEAVE),
        "x",
    ]
    for token in refused:
        for method in (client.get, client.post):
            answer = method(link.replace(token_of(link), token) + part)
            assert answer.status_code == 404, token
            assert JO not in answer.text
    assert Subscriber.objects.filter(pk=jo.pk).exists()


def test_an_old_link_names_nobody_and_mails_a_new_one(client, jo):
    day = timezone.localdate().toordinal()
    for age, status in ((links.PREFERENCES_DAYS, 200), (links.PREFERENCES_DAYS + 1, 410)):
        token = sign([jo.pk, day - age], links.PREFERENCES)
        old = links.address("preferences", token, "en")
        assert client.get(old).status_code == status
    for part in ("", "address/", "export/", "erase/"):
        for method in (client.get, client.post):
            page = method(old + part)
            assert page.status_code == 410
            assert JO not in page.text
            assert "Mali" not in page.text
    assert f'action="/listserv/renew/{token}/"' in page.text
    answer = client.post(f"/listserv/renew/{token}/")
    assert answer["Location"] == "/listserv/manage/sent/"
    assert JO not in client.get(answer["Location"]).text
    letter = Delivery.objects.get()
    assert letter.normalised == JO
    assert client.get(link_in(letter)).status_code == 200
    assert kinds_of(JO) == ["link"]


def test_the_link_to_leave_leads_to_preferences_by_mail_only(client, jo):
    token = token_of(links.leave_url(jo.subscriptions.first()))
    page = client.get(f"/listserv/renew/{token}/")
    assert page.status_code == 200
    assert JO not in page.text
    assert not Delivery.objects.exists()
    assert client.post(f"/listserv/renew/{token}/").status_code == 303
    assert Delivery.objects.get().normalised == JO


def test_a_link_of_a_test_letter_says_so(client, jo):
    token = sign([links.NOBODY, timezone.localdate().toordinal()], links.PREFERENCES)
    for address in (f"preferences/{token}/", f"renew/{token}/", f"preferences/{token}/erase/"):
        page = client.post(f"/listserv/{address}")
        assert page.status_code == 200
        assert "This was a test letter" in page.text
    assert not Delivery.objects.exists()


def test_one_answer_for_every_address_that_asks_for_a_link(jo):
    suppress("bounced@example.org", Suppression.Reason.BOUNCED)

    def ask(email):
        client = Client()
        answer = client.post("/listserv/manage/", {"email": email})
        page = client.get(answer["Location"])
        headers = {name: value for name, value in answer.headers.items() if name != "Expires"}
        return answer.status_code, headers, answer.content, page.content

    assert ask("JO@Example.org") == ask("nobody@example.org") == ask("bounced@example.org")
    known = Delivery.objects.get(normalised=JO)
    assert token_of(link_in(known)) == token_of(links.preferences_url(jo))
    unknown = Delivery.objects.get(normalised="nobody@example.org")
    assert "There are none" in unknown.message.text
    assert Delivery.objects.get(normalised="bounced@example.org").state == State.SUPPRESSED
    assert Subscriber.objects.count() == 1


def test_asking_for_links_is_limited_by_mailbox_and_client(client, jo):
    for email in ("jo@example.org", "j.o@example.org", "jo+1@example.org"):
        assert client.post("/listserv/manage/", {"email": email}).status_code == 303
    refused = client.post("/listserv/manage/", {"email": "jo+2@example.org"})
    assert "too often for this e-mail address" in refused.text
    assert 'value="jo+2@example.org"' in refused.text
    for number in range(17):
        client.post("/listserv/manage/", {"email": f"a{number}@example.org"})
    refused = client.post("/listserv/manage/", {"email": "b@example.org"})
    assert "too often from your connection" in refused.text


@pytest.mark.parametrize("by", ["manage", "renew", "export", "address"])
def test_without_redis_nobody_is_bombed_by_links(client, jo, link, monkeypatch, by):
    for module in ("icrtop.forms", "newsletter.forms"):
        monkeypatch.setattr(f"{module}.allow", lambda *args: True)
    where, answers, victim = {
        "manage": ("/listserv/manage/", {"email": JO}, JO),
        "renew": (f"/listserv/renew/{token_of(link)}/", {}, JO),
        "export": (f"{link}export/", {}, JO),
        "address": (f"{link}address/", {"email": "victim@example.org"}, "victim@example.org"),
    }[by]
    for _ in range(LETTERS_PER_DAY + 2):
        assert client.post(where, answers).status_code == 303
    assert Delivery.objects.filter(normalised=victim).count() == LETTERS_PER_DAY


def test_the_buttons_that_mail_are_limited_by_mailbox(client, jo, link):
    for where in (f"/listserv/renew/{token_of(link)}/", f"{link}export/"):
        Delivery.objects.all().delete()
        for _ in range(3):
            assert client.post(where).status_code == 303
        refused = client.post(where)
        assert "There is a problem" in refused.text
        assert "too often" in refused.text
        assert Delivery.objects.count() == 3


def test_staff_send_a_link_within_the_same_limit(jo):
    sent = [send_link(jo, how="sent by staff") for _ in range(LETTERS_PER_DAY + 1)]
    assert sent == [True] * LETTERS_PER_DAY + [False]
    assert HistoryEntry.objects.filter(kind="link").count() == LETTERS_PER_DAY
