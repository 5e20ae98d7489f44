"""The blocks of bulletins: each says what it is, and shows the same in all three forms."""

import datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client, RequestFactory

from events.models import EventPage
from events.models.timed import DASH
from icrtop.mail.markup import check_html
from newsletter.blocks import BulletinBlock
from newsletter.bulletin_letters import render_bulletin, render_web
from pages.models import SituationPage, Status, Trend
from pages.symbols import symbol_url
from tests.factories.newsletter import BulletinPageFactory, MailingListFactory, body_of
from tests.factories.pages import (
    AssessmentFactory,
    DevelopmentPageFactory,
    PublicationPageFactory,
    SituationPageFactory,
)

pytestmark = pytest.mark.django_db

BLOCKS = BulletinBlock().child_blocks


@pytest.fixture
def forms(content):
    """Give it a block and its raw value for the three forms of a bulletin of that block."""

    def render(name, value):
        bulletin = BulletinPageFactory(body=body_of((name, value)))
        letter = render_bulletin(bulletin, MailingListFactory())
        check_html(letter.html)
        return {"web": render_web(bulletin), "html": letter.html, "text": letter.text}

    return render


@pytest.mark.parametrize("name", BLOCKS)
class TestEveryBlock:
    def test_tells_what_it_is(self, name):
        block = BLOCKS[name]
        assert block.label
        assert block.get_description()
        assert block.meta.icon not in ("placeholder", "")
        assert block.meta.group

    def test_has_three_templates_of_its_name(self, name):
        assert BLOCKS[name].meta.template == f"newsletter/blocks/{name}.html"
        for template in (
            f"newsletter/blocks/{name}.html",
            f"mail/newsletter/blocks/{name}.html",
            f"mail/newsletter/blocks/{name}.txt",
        ):
            get_template(template)

    def test_staff_see_its_preview(self, name, content, administrator):
        block = BLOCKS[name]
        answer = administrator.get("/admin/block-preview/", {"id": block.definition_prefix})
        assert answer.status_code == 200
        assert "css/site.css" in answer.text
        assert block.render(block.get_preview_value()).strip() in answer.text

    def test_renders_empty(self, name):
        block = BLOCKS[name]
        block.render(block.get_default(), context={"request": RequestFactory().get("/")})
        bulletin = BulletinPageFactory(
            body=body_of((name, block.get_prep_value(block.get_default())))
        )
        check_html(render_bulletin(bulletin, MailingListFactory()).html)


def test_every_template_is_of_a_block():
    folder = Path(settings.BASE_DIR) / "templates"
    web = {path.stem for path in (folder / "newsletter" / "blocks").iterdir()}
    letters = {path.stem for path in (folder / "mail" / "newsletter" / "blocks").iterdir()}
    assert web == letters == set(BLOCKS)


def test_the_lead_is_in_all_forms_with_its_links(forms, home):
    text = f'<p>What <b>we</b> did: <a linktype="page" id="{home.pk}">see</a>.</p>'
    shown = forms("lead", {"text": text, "image": None})
    assert "What <b>we</b> did" in shown["web"]
    assert f'<a href="{home.url}">see</a>' in shown["web"]
    assert "What <strong>we</strong> did" in shown["html"]
    assert f'<a href="{settings.BASE_URL}{home.url}"' in shown["html"]
    assert f"What we did: see <{settings.BASE_URL}{home.url}>." in shown["text"]


def test_a_heading_is_underlined_in_plain_text(forms):
    shown = forms("heading", "New & good")
    assert "<h2>New &amp; good</h2>" in shown["web"]
    assert ">New &amp; good</h2>" in shown["html"]
    assert "New & good\n==========\n" in shown["text"]


def test_text_keeps_its_lists(forms):
    shown = forms("text", "<p>For:</p><ul><li>One</li><li>Two</li></ul>")
    assert "<li>One</li>" in shown["web"]
    assert "<li>One</li><li>Two</li></ul>" in shown["html"]
    assert "For:\n\n* One\n* Two\n" in shown["text"]


class TestItem:
    def test_takes_title_and_summary_from_the_page(self, forms):
        page = DevelopmentPageFactory(title="A vote & a speech", introduction="Who voted how.")
        shown = forms("item", {"page": page.pk, "title": "", "summary": ""})
        for form in ("web", "html"):
            assert "A vote &amp; a speech</a>" in shown[form]
            assert "Who voted how." in shown[form]
            assert "United Nations · 23 July 2009" in shown[form]
        assert f'href="{page.url}"' in shown["web"]
        assert f'href="{settings.BASE_URL}{page.url}"' in shown["html"]
        assert (
            "A vote & a speech\nUnited Nations, 23 July 2009\nWho voted how.\n"
            f"{settings.BASE_URL}{page.url}\n"
        ) in shown["text"]

    def test_can_say_it_in_other_words(self, forms):
        page = PublicationPageFactory(title="Report", introduction="Of the page.")
        shown = forms("item", {"page": page.pk, "title": "Ours", "summary": "Our words."})
        for text in shown.values():
            assert "Ours" in text
            assert "Our words." in text
            assert "Of the page." not in text
            assert "UN Secretary-General" in text
            assert "12 January 2009" in text

    def test_a_situation_tells_status_and_trend_in_words(self, forms):
        page = SituationPageFactory(title="A situation", country_id="TD")
        AssessmentFactory(
            situation=page,
            date=datetime.date(2026, 3, 1),
            status=Status.SERIOUS_CONCERN,
            trend=Trend.DETERIORATED,
            is_sample=False,
        )
        for text in forms("item", {"page": page.pk}).values():
            assert "Serious concern" in text
            assert "Deteriorated" in text
            assert "As of 1 March 2026" in text
            assert "Sample" not in text

    def test_a_sample_is_labelled_as_such(self, forms):
        page = SituationPageFactory(title="A situation", country_id="TD")
        AssessmentFactory(situation=page, is_sample=True)
        for text in forms("item", {"page": page.pk}).values():
            assert "Sample content" in text

    def test_a_situation_without_assessment_says_so(self, forms):
        page = SituationPageFactory(title="A situation", country_id="TD")
        for text in forms("item", {"page": page.pk}).values():
            assert "Not assessed" in text

    def test_another_page_is_its_title_and_summary(self, forms, home):
        shown = forms("item", {"page": home.pk, "summary": "Ours."})
        assert f"{home.title}\nOurs.\n{settings.BASE_URL}/\n" in shown["text"]

    def test_a_page_that_was_deleted_breaks_nothing(self, forms):
        assert "<h2" in forms("item", {"page": 999_999, "title": "Gone"})["web"]

    def test_what_was_typed_is_escaped(self, forms):
        page = DevelopmentPageFactory(title="<b>x</b>", introduction='"><script>')
        shown = forms("item", {"page": page.pk})
        for form in ("web", "html"):
            assert "<b>x" not in shown[form]
            assert "<script" not in shown[form]
        assert "<b>x</b>" in shown["text"]


class TestCountryNote:
    def test_links_to_the_situation_of_the_country(self, forms):
        situation = SituationPage.objects.live().filter(country="SY").get()
        for form, text in forms("country_note", {"country": "SY", "text": "<p>News.</p>"}).items():
            assert "Syrian Arab Republic" in text
            assert "News." in text
            base = "" if form == "web" else settings.BASE_URL
            assert f"{base}{situation.url}" in text

    def test_links_to_none_that_is_a_draft(self, forms):
        situation = SituationPage.objects.live().filter(country="SY").get()
        situation.unpublish()
        for text in forms("country_note", {"country": "SY", "text": "<p>News.</p>"}).values():
            assert "Syrian Arab Republic" in text
            assert situation.url not in text

    def test_a_country_without_a_situation_has_no_link(self, forms):
        for text in forms("country_note", {"country": "CH", "text": "<p>News.</p>"}).values():
            assert "Switzerland" in text
            assert "/situations/" not in text


class TestEvent:
    @pytest.fixture
    def event(self, content):
        index = EventPage.objects.first().get_parent()
        return index.add_child(
            instance=EventPage(
                title="A side event",
                slug="a-side-event",
                kind="side_event",
                time_zone="Africa/Addis_Ababa",
                start_date=datetime.date(2027, 3, 4),
                start_time=datetime.time(9, 30),
                end_time=datetime.time(11),
                place="African Union",
                country_id="ET",
                introduction="What it is about.",
            )
        )

    def test_tells_when_on_the_clocks_there_and_where(self, forms, event):
        for text in forms("event", {"page": event.pk, "text": ""}).values():
            assert f"4 March 2027, 09:30{DASH}11:00 Addis Ababa time (UTC+3)" in " ".join(
                text.split()
            )
            assert "African Union, Ethiopia" in text
            assert "What it is about." in text
            assert event.url in text

    def test_says_that_it_does_not_take_place(self, forms, event):
        event.status = "cancelled"
        event.save()
        for text in forms("event", {"page": event.pk, "text": "Ours."}).values():
            assert "Cancelled" in text
            assert "Ours." in text
            assert "What it is about." not in text


def test_a_quotation_names_who_where_and_when(forms):
    link = symbol_url("A/RES/60/1")
    shown = forms(
        "quotation",
        {"text": "Words", "who": "Somebody", "source": "A/RES/60/1", "link": link, "date": "2005"},
    )
    for text in shown.values():
        assert "“Words”" in text
        assert "Somebody" in text
        assert "A/RES/60/1" in text
        assert link in text
    assert "“Words”\nSomebody, A/RES/60/1, 2005\n" in shown["text"]


class TestButton:
    def test_stands_on_a_coloured_cell_of_a_table(self, forms):
        value = {"label": "Join", "page": None, "url": "https://a.example/", "text": "Because."}
        shown = forms("button", value)
        assert '<td class="press" bgcolor="#1f5f99"' in shown["html"]
        assert 'href="https://a.example/"' in shown["html"]
        assert "Because.\nJoin:\nhttps://a.example/\n" in shown["text"]
        assert '<a class="button" href="https://a.example/">Join</a>' in shown["web"]

    def test_leads_to_a_page_by_its_full_address(self, forms, home):
        shown = forms("button", {"label": "Home", "page": home.pk, "url": "", "text": ""})
        assert f'href="{settings.BASE_URL}/"' in shown["html"]
        assert f"Home:\n{settings.BASE_URL}/\n" in shown["text"]


def test_items_below_a_heading_are_a_level_lower(content):
    page = DevelopmentPageFactory(title="An item")
    item = ("item", {"page": page.pk})
    bulletin = BulletinPageFactory(body=body_of(item, ("heading", "Part"), item))
    for html in (render_web(bulletin), render_bulletin(bulletin, MailingListFactory()).html):
        assert html.index("<h2") < html.index("Part</h2>") < html.index("<h3")
        assert html.count("<h3") == 1


def test_visitors_of_the_site_see_no_block_preview(content):
    assert Client().get("/admin/block-preview/").status_code == 302
