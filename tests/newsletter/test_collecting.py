"""Collecting for a bulletin: what is new on the site, and nothing else."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction

from events.models import EventIndexPage
from newsletter.collecting import last_sent, pages_in, propose
from newsletter.models import BulletinPage
from pages.models import DevelopmentPage, SituationPage
from pages.models.situations import Assessment, Status, Trend
from tests.factories.events import place_below
from tests.factories.mailings import MailingFactory, write_bulletin
from tests.factories.pages import DevelopmentPageFactory, PublicationPageFactory


@pytest.fixture
def bulletin(content):
    """A bulletin after which everything that the site began with was published long ago."""
    from wagtail.models import Page

    Page.objects.update(first_published_at=timezone.now() - timedelta(days=400))
    return write_bulletin()


WEEK_AGO = timezone.now() - timedelta(days=7)


def titles(bulletin, since=WEEK_AGO) -> dict[str, list[str]]:
    return {
        str(group.heading): [each.page.title for each in group.proposals]
        for group in propose(bulletin, since)
    }


def publish(factory, **fields):
    page = factory(live=True, **fields)
    type(page).objects.filter(pk=page.pk).update(first_published_at=timezone.now())
    return type(page).objects.get(pk=page.pk)


def collect_url(bulletin) -> str:
    return reverse("bulletins:collect", args=[bulletin.pk])


def test_what_was_published_since_is_proposed_by_kind(bulletin):
    publish(DevelopmentPageFactory, title="A debate")
    publish(PublicationPageFactory, title="A report")
    assert titles(bulletin) == {"Developments": ["A debate"], "Publications": ["A report"]}


def test_what_is_a_draft_private_or_older_is_not(bulletin):
    DevelopmentPageFactory(title="A draft", live=False)
    private = publish(DevelopmentPageFactory, title="Private")
    PageViewRestriction.objects.create(page=private, restriction_type="login")
    assert titles(bulletin) == {}
    publish(DevelopmentPageFactory, title="Older than tomorrow")
    assert titles(bulletin, timezone.now() + timedelta(days=1)) == {}


def test_a_new_assessment_is_proposed_and_a_sample_is_not(bulletin):
    real, sample = SituationPage.objects.live().order_by("pk")[:2]
    today = timezone.localdate()
    for situation, is_sample in ((real, False), (sample, True)):
        Assessment.objects.create(
            situation=situation,
            date=today,
            status=Status.CURRENT_CRISIS,
            trend=Trend.DETERIORATED,
            is_sample=is_sample,
        )
    (group,) = propose(bulletin, WEEK_AGO)
    assert [each.page for each in group.proposals] == [real]
    assert group.proposals[0].why == "current crisis, deteriorated"


def test_events_that_are_over_are_not_proposed(bulletin):
    soon = timezone.localdate() + timedelta(days=10)
    index = EventIndexPage.objects.get()
    for title, day in (("To come", soon), ("Over", date(2020, 1, 1))):
        event = place_below(
            index, title=title, slug=title.lower().replace(" ", "-"), start_date=day
        )
        type(event).objects.filter(pk=event.pk).update(first_published_at=timezone.now())
    assert titles(bulletin) == {"Events": ["To come"]}


def test_what_the_bulletin_has_is_not_proposed_again(bulletin):
    there = publish(DevelopmentPageFactory)
    bulletin.body.append(("item", {"page": there}))
    assert pages_in(bulletin) == {there.pk}
    assert titles(bulletin) == {}


def test_it_begins_where_the_last_other_bulletin_was_sent(bulletin):
    assert timezone.now() - last_sent(bulletin) > timedelta(days=30)
    sent = MailingFactory(queued_at=timezone.now() - timedelta(days=3))
    assert last_sent(bulletin) == sent.queued_at
    MailingFactory(bulletin=bulletin, queued_at=timezone.now())
    assert last_sent(bulletin) == sent.queued_at


def test_proposing_is_five_queries(bulletin):
    for _each in range(3):
        publish(DevelopmentPageFactory)
        publish(PublicationPageFactory)
    with CaptureQueriesContext(connection) as queries:
        propose(bulletin, WEEK_AGO)
    assert len(queries) <= 5


def test_what_is_ticked_is_added_under_its_heading(secretariat, bulletin):
    first = publish(DevelopmentPageFactory, title="First")
    publish(DevelopmentPageFactory, title="Second")
    report = publish(PublicationPageFactory, title="A report")
    page = secretariat.get(collect_url(bulletin)).content.decode()
    assert "First" in page
    assert "Second" in page
    answer = secretariat.post(collect_url(bulletin), {"pages": [first.pk, report.pk]})
    assert answer.url == reverse("wagtailadmin_pages:edit", args=[bulletin.pk])

    draft = BulletinPage.objects.get(pk=bulletin.pk).get_latest_revision_as_object()
    added = [(each.block_type, each.value) for each in draft.body][1:]
    assert [kind for kind, _value in added] == ["heading", "item", "heading", "item"]
    assert [value for kind, value in added if kind == "heading"] == ["Developments", "Publications"]
    assert [value["page"].pk for kind, value in added if kind == "item"] == [first.pk, report.pk]
    # A draft: what is published stays as it is.
    assert len(BulletinPage.objects.get(pk=bulletin.pk).body) == 1


def test_what_was_collected_later_goes_under_the_heading_that_is_there(secretariat, bulletin):
    for title in ("First", "Second"):
        page = publish(DevelopmentPageFactory, title=title)
        secretariat.post(collect_url(bulletin), {"pages": [page.pk]})
    draft = BulletinPage.objects.get(pk=bulletin.pk).get_latest_revision_as_object()
    kinds = [each.block_type for each in draft.body]
    assert kinds == ["lead", "heading", "item", "item"]


@pytest.mark.parametrize("sent", [{}, {"pages": ["x", "-1", "999999999"]}])
def test_nothing_ticked_adds_nothing_and_says_so(secretariat, bulletin, sent):
    publish(DevelopmentPageFactory)
    before = BulletinPage.objects.get(pk=bulletin.pk).latest_revision_id
    answer = secretariat.post(collect_url(bulletin), sent, follow=True)
    assert "Nothing was ticked" in answer.content.decode()
    assert BulletinPage.objects.get(pk=bulletin.pk).latest_revision_id == before


def test_a_page_that_was_not_proposed_cannot_be_added(secretariat, bulletin):
    draft = DevelopmentPageFactory(live=False)
    secretariat.post(collect_url(bulletin), {"pages": [draft.pk]})
    latest = BulletinPage.objects.get(pk=bulletin.pk).get_latest_revision_as_object()
    assert pages_in(latest) == set()


def test_another_day_can_be_chosen(secretariat, bulletin):
    old = DevelopmentPage.objects.live().first()
    url = f"{collect_url(bulletin)}?since=2020-01-01"
    assert old.title in secretariat.get(url).content.decode()
    assert old.title not in secretariat.get(collect_url(bulletin)).content.decode()
    wrong = secretariat.get(f"{collect_url(bulletin)}?since=yesterday")
    assert "Enter a valid date." in wrong.content.decode()


def test_a_locked_bulletin_is_left_alone(secretariat, editor, bulletin):
    page = publish(DevelopmentPageFactory)
    BulletinPage.objects.filter(pk=bulletin.pk).update(locked=True)
    answer = editor.post(collect_url(bulletin), {"pages": [page.pk]}, follow=True)
    assert "locked" in answer.content.decode()
    latest = BulletinPage.objects.get(pk=bulletin.pk).get_latest_revision_as_object()
    assert pages_in(latest) == set()
