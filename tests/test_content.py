"""The first content: whole, true to its facts, and loaded again without a change."""

import io
import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client
from django.utils.html import strip_tags
from wagtail.blocks import StreamValue
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, PageLogEntry, ReferenceIndex, Revision, Site

from members.models import Organisation
from pages.content import facts, site, sketch
from pages.content.markup import rich_text
from pages.content.tree import all_sketches
from pages.models import (
    Assessment,
    BasePage,
    DevelopmentPage,
    HomePage,
    PublicationIndexPage,
    PublicationPage,
    SectionPage,
    SiteSettings,
    SituationPage,
    Status,
    TimelineEntry,
)
from tests.factories import pages as factories

page_models = list(apps.get_app_config("pages").get_models())
OLD_PATHS = sketch.read_csv("redirects.csv")
LINK = re.compile(r"\]\((/[^)\s]*)\)")


def load(**options: Any) -> str:
    out = io.StringIO()
    call_command("load_content", stdout=out, **options)
    return out.getvalue()


def path_of(page: Page) -> str:
    return page.url_path.removeprefix("/home")


def strings(value: Any) -> Iterator[str]:
    """Every text in a body."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value


class TestLoading:
    def test_what_there_is_is_left_alone(self, content: None) -> None:
        def count() -> list[int]:
            models = (Page, Revision, PageLogEntry, Redirect, Organisation, ReferenceIndex)
            return [model.objects.count() for model in models]

        before = count()
        newest = Revision.objects.latest("pk").pk
        assert "Created 0 pages and 0 redirects." in load()
        assert count() == before
        assert Revision.objects.latest("pk").pk == newest

    def test_edits_stay(self, home: HomePage) -> None:
        page = Page.objects.get(slug="glossary").specific
        page.title = "Words"
        page.save_revision().publish()
        settings = SiteSettings.for_site(Site.objects.get())
        settings.fax = ""
        settings.main_menu = []
        settings.save()
        Redirect.objects.filter(old_path="/africa").update(redirect_page=home)
        load()
        page.refresh_from_db()
        settings.refresh_from_db()
        assert page.title == "Words"
        assert settings.fax == ""
        assert not settings.main_menu
        assert Redirect.objects.get(old_path="/africa").redirect_page_id == home.pk

    def test_order_of_staff_stays(self, home: HomePage) -> None:
        def order() -> list[str]:
            return list(Page.objects.child_of(home).values_list("slug", flat=True))

        contact = Page.objects.get(slug="contact")
        contact.move(home, pos="first-child")
        moved = order()
        assert moved[0] == "contact"
        load()
        assert order() == moved

    def test_a_missing_page_comes_back_at_its_place(self, content: None) -> None:
        Page.objects.get(slug="glossary").delete()
        assert "Created 1 pages" in load()
        page = Page.objects.get(slug="glossary")
        assert page.live
        assert path_of(page) == "/rtop/glossary/"

    def test_a_document_is_known_by_its_symbol_wherever_it_is(self, content: None) -> None:
        page = PublicationPage.objects.get(symbols__symbol="A/63/677")
        page.slug = "three-pillars-report"
        page.save_revision().publish()
        assert "Created 0 pages" in load()

    def test_contact_moved_to_another_address_is_not_made_twice(self, content: None) -> None:
        Page.objects.filter(slug="contact").update(slug="write", url_path="/home/write/")
        assert "Created 0 pages" in load()

    def test_if_empty(self, content: None) -> None:
        Page.objects.get(slug="glossary").delete()
        assert "already" in load(if_empty=True)
        assert not Page.objects.filter(slug="glossary").exists()

    def test_the_bar_on_a_terminal(self, content: None) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        Page.objects.get(slug="glossary").delete()
        out = Terminal()
        call_command("load_content", stdout=out)
        assert "1/1 Glossary" in out.getvalue()


class TestTree:
    def test_welcome_is_gone_and_home_is_the_root(self, home: HomePage) -> None:
        assert list(Page.objects.filter(depth=2)) == [home.page_ptr]
        root = Site.objects.get()
        assert root.root_page_id == home.pk
        assert root.is_default_site
        assert root.site_name == "ICRtoP"

    def test_tree_is_sound(self, content: None) -> None:
        assert Page.find_problems() == ([], [], [], [], [])

    def test_every_page_is_published_with_its_history_by_nobody(self, home: HomePage) -> None:
        for page in home.get_descendants(inclusive=True):
            assert page.live, page
            assert page.live_revision_id, page
            assert page.owner_id is None, page
        assert not Revision.objects.exclude(user=None).exists()

    def test_every_page_is_where_its_type_may_be(self, home: HomePage) -> None:
        for page in home.get_descendants().specific():
            parent = page.get_parent().specific
            assert type(page) in parent.allowed_subpage_models(), page

    def test_children_are_all_there_and_in_order(self, home: HomePage) -> None:
        for one in sketch.read_tree():
            if one.children and one.model in (HomePage, SectionPage):
                page = home if not one.path else Page.objects.get(url_path=f"/home/{one.path}/")
                slugs = list(page.get_children().values_list("slug", flat=True))
                assert slugs == one.children

    def test_every_page_introduces_itself(self, home: HomePage) -> None:
        for page in home.get_descendants(inclusive=True).specific():
            assert isinstance(page, BasePage)
            assert len(page.introduction) > 20, page
            assert len(page.introduction) <= 600, page
            assert len(page.search_description) > 20, page

    def test_an_editor_could_save_every_page(self, home: HomePage) -> None:
        for page in home.get_descendants(inclusive=True).specific():
            page.full_clean()
            if isinstance(body := getattr(page, "body", None), StreamValue):
                body.stream_block.clean(body)

    def test_every_page_answers(self, home: HomePage, client: Client) -> None:
        for page in home.get_descendants(inclusive=True):
            assert client.get(page.url).status_code == 200, page.url

    def test_every_link_in_the_files_leads_to_a_page(self, content: None) -> None:
        there = {path_of(page) for page in Page.objects.live()}
        linked = set()
        for one in all_sketches():
            for text in strings(one.body):
                linked |= set(LINK.findall(text))
                if text.startswith("/"):
                    linked.add(text)
        assert linked
        assert linked <= there

    def test_pages_link_to_pages_by_their_number(self, content: None) -> None:
        page = Page.objects.get(slug="what-it-is").specific
        glossary = Page.objects.get(slug="glossary")
        assert f'<a linktype="page" id="{glossary.pk}">' in str(page.body.raw_data)

    def test_menus_and_contact_data(self, content: None) -> None:
        row = SiteSettings.for_site(Site.objects.get())
        menu = [block.value["page"].slug for block in row.main_menu]
        sections = ["rtop", "situations", "developments", "publications", "events", "coalition"]
        assert menu == [*sections, "members", "join-the-coalition", "subscribe", "contact"]
        footer = [block.value["page"].slug for block in row.footer_menu]
        wanted = ["members", "join-the-coalition", "subscribe", "listserv", "contact"]
        assert footer[:5] == wanted
        assert row.telephone == "212.599.1320"
        assert len(row.donors) == 7
        assert not row.social_links

    def test_settings_file_names_pages_that_exist(self, content: None) -> None:
        there = {path_of(page) for page in Page.objects.live()}
        source = sketch.read_toml(site.HERE / "settings.toml")
        assert {entry["page"] for entry in source["main_menu"] + source["footer_menu"]} <= there


class TestFacts:
    def test_timeline_of_the_norm(self, content: None, client: Client) -> None:
        text = page_text(client, "/rtop/history/")
        rows = sketch.read_csv("timeline.csv")
        assert len(rows) == 17
        for row in rows:
            assert row["text"] in text
            assert row["symbol"] in text

    def test_dated_facts_of_situations(self, content: None, client: Client) -> None:
        rows = sketch.read_csv("situations.csv")
        assert len(rows) == 43
        assert TimelineEntry.objects.count() == len(rows)
        texts = {slug: page_text(client, f"/situations/{slug}/") for slug in set(column(rows))}
        for row in rows:
            assert row["text"] in texts[row["situation"]]
            assert row["symbol"] in texts[row["situation"]]

    def test_core_documents(self, content: None, client: Client) -> None:
        rows = sketch.read_csv("core_documents.csv")
        assert len(rows) == 33
        pages = PublicationPage.objects.filter(is_core=True)
        assert pages.count() == len(rows)
        for row in rows:
            symbols = facts.un_symbols(row)
            if symbols:
                page = pages.get(symbols__symbol=symbols[0])
            else:
                page = pages.get(date=row["date"], kind=row["kind"])
            assert sorted(one.symbol for one in page.symbols.all()) == sorted(symbols)
            assert (page.date, page.kind) == (row["date"], row["kind"])
            assert page.internal_note == facts.CHECKED[row["checked"]]
            text = page_text(client, page.url)
            assert all(symbol in text for symbol in symbols)
            assert facts.CHECKED[row["checked"]] not in text

    def test_what_the_african_union_numbers_is_no_un_symbol(self, content: None) -> None:
        page = PublicationPage.objects.get(slug="constitutive-act-of-the-african-union")
        assert not page.symbols.exists()
        assert "article 4(h)" in page.introduction

    def test_votes_are_told(self, content: None) -> None:
        page = PublicationPage.objects.get(symbols__symbol="A/RES/75/277")
        for figure in ("115", "15 against", "28"):
            assert figure in page.introduction
            assert figure not in page.title

    def test_founding_members(self, content: None, client: Client) -> None:
        text = page_text(client, "/members/")
        organisations = Organisation.objects.all()
        assert len(organisations) == 8
        for organisation in organisations:
            assert organisation.name in text

    def test_educational_materials_are_empty_and_say_so(self, content: None) -> None:
        page = PublicationIndexPage.objects.get(shows="educational")
        assert not page.get_publications().exists()

    def test_developments_name_their_source(self, content: None) -> None:
        assert DevelopmentPage.objects.count() >= 30
        for page in DevelopmentPage.objects.exclude(source_url=""):
            assert page.source_url == f"https://docs.un.org/en/{page.source_title}"

    def test_developments_agree_with_the_dated_facts(self, content: None) -> None:
        known = {(row["symbol"], row["date"]) for row in sketch.read_csv("situations.csv")}
        known |= {(row["symbol"], row["date"]) for row in sketch.read_csv("timeline.csv")}
        for page in DevelopmentPage.objects.all():
            assert (page.source_title, page.date) in known, page


class TestJudgements:
    def test_every_assessment_is_a_labelled_sample(self, content: None, client: Client) -> None:
        assert Assessment.objects.exists()
        for assessment in Assessment.objects.select_related("situation"):
            assert assessment.is_sample
            assert assessment.summary == facts.SAMPLE
        for page in SituationPage.objects.all():
            assert facts.SAMPLE in page_text(client, page.url)

    def test_no_page_shows_a_status_without_the_label(self, home: HomePage, client: Client) -> None:
        shown = {}
        for page in home.get_descendants(inclusive=True):
            html = main_of(client, page.url)
            if any(f"{label}</span>" in html for label in Status.labels):
                shown[page.slug] = html
        assert {"home", "situations", "africa", "syria"} <= set(shown)
        assert [slug for slug, html in shown.items() if "Sample content" not in html] == []

    def test_only_a_crime_that_a_fact_names_is_named(self, content: None) -> None:
        named = {page.slug: page.crimes for page in SituationPage.objects.all() if page.crimes}
        assert named == {"darfur": ["genocide"]}

    def test_trends_follow_from_the_statuses(self, content: None) -> None:
        for page in SituationPage.objects.all():
            history = list(reversed(page.history))
            for before, after in itertools.pairwise(history):
                change = before.status - after.status
                assert (change > 0) - (change < 0) == after.trend, page


class TestOldPaths:
    @pytest.mark.parametrize("row", OLD_PATHS, ids=lambda row: row["old_path"])
    @pytest.mark.parametrize(
        "ending", ["", "/", "?tmpl=component&print=1", "/?tmpl=component&print=1"]
    )
    def test_one_hop_to_a_page(
        self, content: None, client: Client, row: dict[str, str], ending: str
    ) -> None:
        old_path = row["old_path"].replace("*", "4711-a-title--with-two-dashes")
        answer = client.get(f"{old_path}{ending}")
        assert answer.status_code == 301
        assert answer["Location"] == row["page"]
        assert client.get(row["page"]).status_code == 200

    @pytest.mark.parametrize("path", ["/subscribe", "/join-the-coalition"])
    @pytest.mark.parametrize("ending", ["", "/"])
    def test_printed_paths_answer_themselves(
        self, content: None, client: Client, path: str, ending: str
    ) -> None:
        assert client.get(f"{path}{ending}").status_code == 200

    def test_what_never_was_is_not_found(self, content: None, client: Client) -> None:
        articles = "/index.php/component/content/article"
        for path in ("/index.php/never/was", "/crisis/", f"{articles}/1-a/2", articles):
            assert client.get(path).status_code == 404


class TestMarkup:
    @pytest.mark.parametrize(
        ("source", "html"),
        [
            ("one\ntwo\n\nthree", "<p>one two</p><p>three</p>"),
            ("- a\n  more\n- b", "<ul><li>a more</li><li>b</li></ul>"),
            ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
            ("**a** & *b*", "<p><b>a</b> &amp; <i>b</i></p>"),
            ("[a](/there/)", '<p><a linktype="page" id="7">a</a></p>'),
            ("[a](/nowhere/)", "<p>a</p>"),
            ("[a](https://x.org/?a=1&b=2)", '<p><a href="https://x.org/?a=1&amp;b=2">a</a></p>'),
            (
                "{A/RES/260(III)}",
                '<p><a href="https://docs.un.org/en/A/RES/260(III)">A/RES/260(III)</a></p>',
            ),
        ],
    )
    def test_rich_text(self, source: str, html: str) -> None:
        assert rich_text(source, {"/there/": 7}.get) == html


def page_text(client: Client, path: str) -> str:
    """What a visitor reads on a page."""
    html = client.get(path).content.decode()
    text = strip_tags(html).replace("&#x27;", "'").replace("&amp;", "&").replace("&quot;", '"')
    return re.sub(r"\s+", " ", text)


def main_of(client: Client, path: str) -> str:
    """The HTML of a page's own content."""
    html = client.get(path).content.decode()
    return html[html.index("<main") : html.index("</main>")]


def column(rows: list[dict[str, str]], name: str = "situation") -> list[str]:
    return [row[name] for row in rows]


class TestFactories:
    def test_every_page_type_has_one_and_each_makes_a_page_at_its_place(self, db: None) -> None:
        made = {one._meta.model for one in vars(factories).values() if is_page_factory(one)}
        assert made == {model for model in page_models if issubclass(model, BasePage)}
        for one in vars(factories).values():
            if is_page_factory(one):
                page = one()
                assert page.live
                if page.depth > 2:
                    assert type(page) in page.get_parent().specific.allowed_subpage_models()
        assert Page.find_problems() == ([], [], [], [], [])

    def test_what_belongs_to_pages(self, db: None) -> None:
        situation = factories.SituationPageFactory()
        factories.AssessmentFactory.create_batch(3, situation=situation)
        factories.TimelineEntryFactory(situation=situation)
        assert len(situation.history) == 3
        assert len(situation.facts) == 1
        publication = factories.PublicationPageFactory(countries=["KE", "LY"])
        factories.DocumentSymbolFactory(publication=publication)
        publication = PublicationPage.objects.get(pk=publication.pk)
        assert [country.code for country in publication.countries.all()] == ["KE", "LY"]
        assert publication.symbol_list


def is_page_factory(one: Any) -> bool:
    return (
        isinstance(one, type)
        and issubclass(one, factories.SitePageFactory | factories.HomePageFactory)
        and not one._meta.abstract
    )


def test_the_groups_alone_can_be_brought_up_to_date(db):
    call_command("load_content", groups=True)
    assert Group.objects.filter(name="Secretariat").exists()
    assert not HomePage.objects.exists()
