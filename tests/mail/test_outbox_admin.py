import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.addresses import normalise
from icrtop.mail.models import Delivery, State
from tests.factories.mail import DeliveryFactory, MessageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    """Someone who may enter the admin and look at the outbox, and no more."""
    user = User.objects.create_user("staff@example.org")
    user.user_permissions.add(
        Permission.objects.get(codename="access_admin"),
        Permission.objects.get(codename="view_delivery"),
    )
    client.force_login(user)
    return client


def addresses_found(client, **query):
    """The addresses in the list of letters, in its order."""
    page = client.get(reverse("outbox:index_results"), query).content.decode()
    return re.findall(r'<a href="/admin/outbox/inspect/\d+/">\s*(\S+)\s*</a>', page)


def test_letters_are_found_by_address_and_by_state(staff):
    DeliveryFactory(address="jo@example.org")
    DeliveryFactory(address="kim@example.org", state=State.FAILED, server_reply="550 Unknown")

    everything = staff.get(reverse("outbox:index")).content.decode()
    assert "jo@example.org" in everything
    assert "550 Unknown" in everything
    searched = staff.get(reverse("outbox:index_results"), {"q": "JO@"}).content.decode()
    assert "jo@example.org" in searched
    assert "kim@example.org" not in searched
    filtered = staff.get(reverse("outbox:index_results"), {"state": "failed"}).content.decode()
    assert "kim@example.org" in filtered
    assert "jo@example.org" not in filtered


def test_an_address_is_found_by_its_beginning_however_it_is_typed(staff):
    for address in ("Jo.Doe@Bücher.example", "jo@example.org", "ajo@example.org", "j_@example.org"):
        DeliveryFactory(address=address, normalised=normalise(address))

    assert addresses_found(staff, q="jo") == ["Jo.Doe@Bücher.example", "jo@example.org"]
    assert addresses_found(staff, q=" JO.doe@BÜCHER.example ") == ["Jo.Doe@Bücher.example"]
    assert addresses_found(staff, q="jo@example.org") == ["jo@example.org"]
    assert addresses_found(staff, q="j_") == ["j_@example.org"]
    assert addresses_found(staff, q="%") == []


def test_a_search_uses_the_index_that_begins_with_the_address(staff):
    message = MessageFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO mail_delivery (message_id, address, normalised, name, merge, state,
                attempts, releases, server_reply, reason)
            SELECT %s, address, address, '', '{}', 'sent', 0, 0, '', ''
            FROM (
                SELECT 'reader' || i || '@example.org' AS address FROM generate_series(1, 20000) i
            ) AS made_up
            """,
            [message.pk],
        )
        cursor.execute("ANALYZE mail_delivery")
    with CaptureQueriesContext(connection) as queries:
        assert addresses_found(staff, q="reader777") == sorted(
            f"reader{number}@example.org" for number in (777, *range(7770, 7780))
        )
    asked = [each["sql"] for each in queries if "mail_delivery" in each["sql"]]
    assert len(asked) == 2  # How many there are, and the first of them.
    for sql in asked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "mail_delivery_once_per_address" in plan
        assert "Seq Scan on mail_delivery" not in plan


def test_a_list_of_more_letters_than_anyone_turns_over_is_cut_and_says_so(staff, monkeypatch):
    monkeypatch.setattr("icrtop.mail.admin.letters.MOST", 60)
    DeliveryFactory.create_batch(60, message=MessageFactory())
    last = staff.get(reverse("outbox:index_results"), {"p": 2}).content.decode()
    assert "Page 2 of 2" in last
    assert "Only the first 60 letters are listed." in last
    narrow = staff.get(reverse("outbox:index_results"), {"q": "nobody"}).content.decode()
    assert "Only the first" not in narrow


def test_letters_of_one_message_are_listed_with_the_server_s_words(staff):
    message = MessageFactory(subject="Bulletin")
    DeliveryFactory(message=message, address="a@example.org", state=State.SENT)
    DeliveryFactory(
        message=message,
        address="b@example.org",
        state=State.DEFERRED,
        server_reply="451 Try later <b>",
        reason="Because",
    )
    DeliveryFactory(address="c@example.org", state=State.DEFERRED)
    assert addresses_found(staff, message=message.pk) == ["b@example.org", "a@example.org"]
    query = {"message": message.pk, "state": ["deferred", "failed"]}
    assert addresses_found(staff, **query) == ["b@example.org"]
    page = staff.get(reverse("outbox:index_results"), query).content.decode()
    assert "451 Try later &lt;b&gt;" in page
    assert "Because" in page
    assert "Bulletin" in page
    for nonsense in ("x", "0", "9" * 30, "-1"):
        assert staff.get(reverse("outbox:index"), {"message": nonsense}).status_code == 200


def test_dates_are_written_in_full(staff):
    delivery = DeliveryFactory()
    Delivery.objects.update(changed=datetime(2026, 5, 3, 13, 5, tzinfo=UTC))
    for name, args in (("index", []), ("inspect", [delivery.pk])):
        assert (
            "3 May 2026, 09:05" in staff.get(reverse(f"outbox:{name}", args=args)).content.decode()
        )


def test_a_letter_is_shown_as_its_recipient_gets_it_and_cannot_break_out(staff):
    message = MessageFactory(
        html='<p>Dear [[name]]"><script>alert(1)</script></p>', text="Dear [[name]] <b>"
    )
    delivery = DeliveryFactory(message=message, merge={"name": "Jo"}, reason="Because")
    page = staff.get(reverse("outbox:inspect", args=[delivery.pk])).content.decode()
    assert "Dear Jo &lt;b&gt;" in page
    assert "Dear Jo&quot;&gt;&lt;script&gt;" in page
    assert "sandbox" in page
    assert "<script>alert(1)" not in page
    assert "Because" in page


def test_nobody_changes_what_was_sent(admin_client):
    delivery = DeliveryFactory()
    page = admin_client.get(reverse("outbox:index"))
    assert page.status_code == 200
    for view in ("add", "edit", "delete"):
        with pytest.raises(NoReverseMatch):
            reverse(f"outbox:{view}", args=[] if view == "add" else [delivery.pk])
    assert admin_client.get(reverse("outbox:inspect", args=[delivery.pk])).status_code == 200


def test_the_outbox_is_closed_to_those_who_may_not_look(client):
    user = User.objects.create_user("editor@example.org")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get(reverse("outbox:index")).status_code == 302
    assert "outbox" not in client.get(reverse("wagtailadmin_home")).content.decode()


def test_a_long_list_takes_no_more_queries_than_a_short_one(staff):
    counts = []
    for more in (1, 1, 30):  # The first request of a new site writes its settings.
        DeliveryFactory.create_batch(more)
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse("outbox:index"))
        counts.append(len(queries))
    assert counts[1] == counts[2] <= 20


def test_the_first_page_counts_letters_that_need_a_person(staff):
    DeliveryFactory(address="jo@example.org", state=State.FAILED)
    DeliveryFactory(address="kim@example.org", state=State.UNCERTAIN)
    DeliveryFactory(address="lee@example.org", state=State.SENT)
    DeliveryFactory(address="max@example.org", next_attempt_at=timezone.now() - timedelta(hours=1))

    page = staff.get(reverse("wagtailadmin_home")).content.decode()
    assert "1 letter perhaps sent" in page
    assert "1 letter refused this week" in page
    assert "1 letter is late" in page

    states = {"state": [State.FAILED, State.UNCERTAIN]}
    listed = staff.get(reverse("outbox:index_results"), states).content.decode()
    assert "jo@example.org" in listed
    assert "kim@example.org" in listed
    assert "lee@example.org" not in listed


def test_the_first_page_tells_nobody_else(client):
    user = User.objects.create_user("other@example.org")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert "letter" not in client.get(reverse("wagtailadmin_home")).content.decode()
