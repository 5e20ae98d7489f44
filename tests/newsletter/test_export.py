"""Everything that is held about an address, for its owner alone."""

import json
import time

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from icrtop.mail.control import suppress
from icrtop.mail.models import Delivery, Suppression
from newsletter import links
from newsletter.models import Bounce, HistoryEntry, ImportRow, SubscriberImport
from tests.factories.mail import DeliveryFactory, MessageFactory
from tests.factories.newsletter import ConsentFactory, SubscriberFactory
from tests.newsletter.conftest import csrf_token, link_in, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page")]

JO, KIM = "jo@example.org", "kim@example.org"


def fetch(client, jo) -> dict:
    answer = client.post(links.export_url(jo))
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_the_export_is_mailed_and_downloaded_by_a_button(strict_client, jo, link):
    token = csrf_token(strict_client.get(link))
    answer = strict_client.post(f"{link}export/", {"csrfmiddlewaretoken": token})
    assert "good for one day" in strict_client.get(answer["Location"]).text
    letter = Delivery.objects.get()
    assert letter.normalised == JO
    to_file = link_in(letter)
    page = strict_client.get(to_file)
    # What only follows links, such as a scanner of mails, gets nothing.
    assert "Mali" not in page.text
    assert JO not in page.text
    assert strict_client.post(to_file).status_code == 403
    file = strict_client.post(to_file, {"csrfmiddlewaretoken": csrf_token(page)})
    assert file["Content-Type"] == "application/json"
    assert file["Content-Disposition"].startswith('attachment; filename="subscription-')
    assert "no-store" in file["Cache-Control"]
    assert json.loads(file.content)["subscriber"]["email"] == JO


def test_everything_that_is_held_is_in_it(client, jo, lists):
    jo.name = "Jo Ñúñez"
    jo.save()
    ConsentFactory(subscriber=jo, mailing_lists=[lists["events"]], wording="I want it")
    HistoryEntry.objects.create(
        subscriber=jo, mailing_list=lists["events"], kind="asked", how="form at /subscribe/"
    )
    DeliveryFactory(message__subject="Bulletin 7", message__list_id="bulletin", address=JO)
    suppress(JO, Suppression.Reason.BOUNCED, note="as it came back")
    Bounce.objects.create(kind="hard", normalised=JO, detail="550 unknown", digest="1")
    upload = SubscriberImport.objects.create(file_name="a.csv", source="a fair", language="en")
    ImportRow.objects.create(batch=upload, line=2, verdict="known", email="Jo@x", normalised=JO)

    held = fetch(client, jo)
    assert held["subscriber"]["choices"] == {
        "countries": ["ML"],
        "regions": ["002"],
        "topics": ["un"],
        "frequency": "daily",
        "language": "fr",
        "name": "Jo Ñúñez",
    }
    states = {each["list"]: each["state"] for each in held["subscriptions"]}
    assert states == {
        "RtoP Bulletin": "confirmed",
        "Country alerts": "confirmed",
        "Events": "pending",
    }
    (consent,) = held["consents"]
    assert (consent["wording"], consent["lists"]) == ("I want it", ["Events"])
    (entry,) = held["history"]
    assert (entry["what"], entry["list"], entry["by_staff"]) == ("asked", "Events", False)
    (letter,) = held["letters"]
    assert (letter["subject"], letter["state"]) == ("Bulletin 7", "suppressed")
    assert held["suppressions"][0]["note"] == "as it came back"
    assert held["bounces"][0]["detail"] == "550 unknown"
    assert held["uploads_waiting_for_staff"][0]["email"] == "Jo@x"


def test_nothing_of_anybody_else_is_in_it(client, jo, lists):
    kim = SubscriberFactory(email=KIM, name="Kim")
    bulletin = MessageFactory(list_id="bulletin")
    for subscriber in (jo, kim):
        DeliveryFactory(message=bulletin, address=subscriber.email)
        ConsentFactory(subscriber=subscriber, mailing_lists=[lists["events"]])
        HistoryEntry.objects.create(subscriber=subscriber, kind="chose", how="test")
    suppress(KIM, Suppression.Reason.STAFF)
    held = fetch(client, jo)
    assert "kim" not in json.dumps(held).lower()
    assert [len(held[part]) for part in ("letters", "consents", "history")] == [1, 1, 1]


def test_a_link_to_the_file_is_good_for_a_day(client, jo, monkeypatch):
    link, clock = links.export_url(jo), time.time
    age = links.EXPORT_SECONDS - 60
    monkeypatch.setattr("django.core.signing.time.time", lambda: clock() + age)
    assert client.get(link).status_code == 200
    age = links.EXPORT_SECONDS + 60
    for answer in (client.get(link), client.post(link)):
        assert answer.status_code == 410
        assert JO not in answer.content.decode()


def test_a_link_to_the_file_ends_when_the_address_changes(client, jo):
    link = links.export_url(jo)
    jo.email = jo.normalised = "new@example.org"
    jo.save()
    assert client.post(link).status_code == 404


def test_a_forged_link_fetches_nothing(client, jo):
    link = links.export_url(jo)
    for token in (
        token_of(link)[:-1],
        token_of(links.preferences_url(jo)),
        token_of(links.address_url(jo, "x@example.org")),
        signing.dumps([jo.pk, ""], salt=links.EXPORT),
        signing.dumps([jo.pk, ""], salt=links.CONFIRM),
        "x",
    ):
        assert client.post(link.replace(token_of(link), token)).status_code == 404


def test_a_long_history_takes_no_more_queries(client, jo, lists):
    link, counts = links.export_url(jo), []
    for more in (1, 20):
        DeliveryFactory.create_batch(more, address=JO)
        ConsentFactory.create_batch(more, subscriber=jo, mailing_lists=[lists["events"]])
        for _ in range(more):
            HistoryEntry.objects.create(subscriber=jo, kind="chose", how="test")
        with CaptureQueriesContext(connection) as queries:
            client.post(link)
        counts.append(len(queries))
    assert counts[0] == counts[1]
