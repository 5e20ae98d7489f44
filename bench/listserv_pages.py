"""The pages that bench/listserv.py asks for, and the site that they belong to."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from icrtop.accounts.models import User
from icrtop.mail.composing import sign
from newsletter import links
from newsletter.models import (
    BulletinIndexPage,
    BulletinPage,
    Mailing,
    MailingList,
    Subscriber,
    Subscription,
)
from newsletter.segments import Segment, reach
from newsletter.services import mailings
from pages.models import SituationPage


class Page(NamedTuple):
    """Something to ask for, and what must be done before each time."""

    name: str
    ask: Callable[[], None]
    prepare: Callable[[], object] = lambda: None


def pages() -> Iterator[Page]:
    yield from staff_pages()
    yield from sending_pages()
    yield from public_pages()


def staff_pages() -> Iterator[Page]:
    get = Browser(staff=True).asks
    some = Subscriber.objects.order_by("pk").first()
    events = MailingList.objects.get(slug="events").pk
    queries: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "subscribers": [
            ("", {}),
            ("page 3000", {"p": 3000}),
            ("by address", {"q": "reader.4711@"}),
            ("by name, many found", {"q": "amina reader"}),
            ("searched, none found", {"q": "nobody at all"}),
            ("two letters", {"q": "ea"}),
            ("on a list", {"mailing_list": events, "state": "confirmed"}),
            ("pending", {"state": "pending"}),
            ("suppressed", {"state": "suppressed"}),
            ("by country", {"country": "SY"}),
            ("by region and language", {"region": "002", "language": "fr"}),
            ("oldest first", {"ordering": "created"}),
        ],
        "mailing-lists": [("", {})],
        "suppressions": [("", {}), ("searched", {"q": "reader.47"})],
        "bounces": [
            ("", {}),
            ("searched", {"q": "reader.4"}),
            ("hard", {"kind": "hard"}),
            ("none of a kind", {"kind": "unknown"}),
        ],
        "imports": [("", {})],
        "alerts": [("", {})],
        "bulletins": [("", {})],
        "messages": [("", {})],
        "outbox": [("", {})],
    }
    for name, variants in queries.items():
        for variant, query in variants:
            yield Page(f"{name}, {variant}".rstrip(", "), get(f"{name}:index", **query))
    yield Page("a subscriber's page", get("subscribers:inspect", args=[some.pk]))
    yield Page("growth", get("mailing-lists:growth"))


def sending_pages() -> Iterator[Page]:
    browser = Browser(staff=True)
    get = browser.asks
    lists = list(MailingList.objects.for_bulletins().values_list("pk", flat=True))
    first, second = BulletinPage.objects.get(), bulletin("The second bulletin")
    yield Page("bulletin that was sent, with its results", get("bulletins:desk", args=[first.pk]))
    yield Page("bulletin before it is sent", get("bulletins:desk", args=[second.pk]))
    yield Page("collect", get("bulletins:collect", args=[second.pk]))
    yield Page("send: to whom", get("bulletins:send", args=[second.pk]))
    segments: dict[str, dict[str, Any]] = {
        "everybody": {},
        "a country": {"countries": ["SY"]},
        "a region": {"regions": ["002"]},
        "a language": {"languages": ["fr"]},
        "all three": {"countries": ["SY"], "regions": ["002"], "languages": ["fr"]},
    }
    for name, segment in segments.items():
        query = {"lists": lists, **segment}
        yield Page(f"send: confirm, {name}", get("bulletins:send", args=[second.pk], **query))
    again = get("bulletins:send", args=[first.pk], lists=lists)
    yield Page("send: confirm, to whom it was sent before", again)

    letters = reach(second, list(MailingList.objects.for_bulletins()), Segment()).letters
    agreed = {"revision": second.live_revision_id, "letters": letters}
    to = address("bulletins:send", args=[second.pk], lists=lists)

    def free() -> None:
        # What is about to be sent cannot be sent again.
        Mailing.objects.waiting().update(failed_at="2020-01-01T00:00:00Z")

    yield Page("send: the click", lambda: browser.post(to, agreed), free)
    assert Mailing.objects.waiting().exists()


def public_pages() -> Iterator[Page]:
    browser = Browser()
    subscriptions = Subscription.objects.confirmed().select_related("subscriber", "mailing_list")
    on_list = subscriptions.filter(mailing_list__slug="bulletin").iterator()
    chosen: list[Subscription] = []

    def choose() -> None:
        chosen[:] = [next(on_list)]

    def one_click() -> None:
        path = links.address("one_click", sign(chosen[0].pk, links.LEAVE), "en")
        browser.post(urlsplit(path).path, {"List-Unsubscribe": "One-Click"})

    def leave(**posted: str) -> None:
        browser.post(urlsplit(links.leave_url(chosen[0])).path, posted)

    preferences = urlsplit(links.preferences_url(Subscriber.objects.order_by("pk").first())).path
    unsubscribe = urlsplit(links.leave_url(next(on_list))).path
    yield Page("preferences", lambda: browser.get(preferences))
    yield Page("unsubscribe", lambda: browser.get(unsubscribe))
    yield Page("unsubscribe from this list", leave, choose)
    yield Page("unsubscribe from everything", lambda: leave(everything=""), choose)
    yield Page("one-click", one_click, choose)
    yield Page("archive", lambda: browser.get("/listserv/"))
    yield Page("subscribe form", lambda: browser.get("/subscribe/"))


class Browser:
    """One whose requests must succeed, and pass by the page cache."""

    def __init__(self, *, staff: bool = False) -> None:

        self.client = Client()
        self.client.cookies["sessionid"] = "bench"
        if staff:
            self.client.force_login(secretary())

    def get(self, address: str) -> None:
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    def post(self, address: str, data: dict[str, Any]) -> None:
        answer = self.client.post(address, data)
        assert answer.status_code in (200, 302, 303), (address, answer.status_code)

    def asks(self, view: str, args: Any = (), **query: Any) -> Callable[[], None]:
        return lambda: self.get(address(view, args, **query))


def address(view: str, args: Any = (), **query: Any) -> str:
    return f"{reverse(view, args=args)}?{urlencode(query, doseq=True)}"


def bulletin(title: str) -> Any:
    """A published bulletin with a text and ten items from the site."""
    items = [
        {"type": "item", "value": {"page": page.pk, "title": "", "summary": ""}}
        for page in SituationPage.objects.live()[:10]
    ]
    lead = {"type": "lead", "value": {"text": "<p>What is new.</p>" * 20, "image": None}}
    page = BulletinPage(title=title, subject=title, body=json.dumps([lead, *items]))
    BulletinIndexPage.objects.get().add_child(instance=page)
    page.save_revision().publish()
    return BulletinPage.objects.get(pk=page.pk)


def confirm(page: Any) -> None:
    mailings.confirm_mailing(
        page,
        list(MailingList.objects.for_bulletins()),
        Segment(),
        revision=page.live_revision_id,
        by=secretary(),
    )


def secretary() -> Any:
    user, is_new = User.objects.get_or_create(email="staff@example.org")
    if is_new:
        user.groups.add(Group.objects.get(name="Secretariat"))
    return user
