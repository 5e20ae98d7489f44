"""What staff see and do: every page type edited and previewed, and what waits for them."""

import datetime
import re

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, streamfield

from icrtop.places.models import Country
from newsletter.models import BulletinPage
from pages.models import (
    Assessment,
    BackgroundPage,
    BasePage,
    DevelopmentIndexPage,
    DevelopmentPage,
    PublicationIndexPage,
    PublicationPage,
    SectionPage,
    SiteSettings,
    SituationPage,
    Status,
)
from tests.factories.mailings import write_bulletin
from tests.pages.trees import page_types

pytestmark = pytest.mark.django_db


def edit_url(page: Page) -> str:
    return reverse("wagtailadmin_pages:edit", args=[page.pk])


@pytest.mark.parametrize("model", page_types(), ids=lambda model: model.__name__)
def test_every_page_type_can_be_edited_and_previewed(model, secretariat):
    # The content has none of these: nothing was sent yet.
    page = write_bulletin() if model is BulletinPage else model.objects.first()
    assert page is not None, f"the content has no {model.__name__}"
    form = secretariat.get(edit_url(page))
    assert form.status_code == 200
    assert page.get_verbose_name().lower() in form.text.lower()
    preview = secretariat.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    assert preview.status_code == 200
    assert f"<h1>{page.title}" in preview.text or "<h1" in preview.text


def test_every_page_type_says_what_it_is_for_where_it_is_chosen(home, secretariat):
    listed = secretariat.get(reverse("wagtailadmin_pages:add_subpage", args=[home.pk])).text
    assert str(SectionPage.page_description) in listed


class TestWhatWaits:
    def test_names_situations_whose_assessment_grew_old(self, secretariat):
        new, old, closed = SituationPage.objects.all()[:3]
        Assessment.objects.all().delete()
        today = timezone.localdate()
        for page, days, status in (
            (new, 59, Status.MONITORING),
            (old, 61, Status.CURRENT_CRISIS),
            (closed, 400, Status.CLOSED),
        ):
            page.assessments.create(date=today - datetime.timedelta(days), status=status)
            page.save()
        due = SituationPage.objects.due_for_assessment(today - datetime.timedelta(60))
        assert old in due
        assert new not in due
        assert closed not in due
        panel = secretariat.get(reverse("wagtailadmin_home")).text
        assert edit_url(old) in panel
        assert edit_url(new) not in panel

    def test_names_situations_never_assessed_first(self, content):
        Assessment.objects.all().delete()
        page = SituationPage.objects.order_by("-title").first()
        others = SituationPage.objects.exclude(pk=page.pk)
        for other in others:
            Assessment.objects.create(
                situation=other, date=datetime.date(2000, 1, 1), status=Status.MONITORING
            )
        assert SituationPage.objects.due_for_assessment(timezone.localdate())[0] == page

    def test_names_drafts_and_what_is_scheduled(self, secretariat):
        draft, planned, ending = PublicationPage.objects.all()[:3]
        draft.title = "An unpublished title"
        draft.save_revision()
        soon = timezone.now() + datetime.timedelta(days=3)
        planned.go_live_at = soon
        planned.save_revision(approved_go_live_at=soon)
        Page.objects.filter(pk=ending.pk).update(expire_at=soon)
        panel = secretariat.get(reverse("wagtailadmin_home")).context["panels"]
        waiting = next(one for one in panel if one.name == "waiting")
        context = waiting.get_context_data({"request": secretariat.get("/admin/").wsgi_request})
        assert [one.pk for one in context["drafts"]] == [draft.pk, planned.pk]
        assert [one.pk for one in context["scheduled"]] == [planned.pk]
        assert [one.pk for one in context["expiring"]] == [ending.pk]

    def test_says_nothing_to_those_who_edit_nothing(self, staff_of):
        member = staff_of("Membership")
        shown = member.get(reverse("wagtailadmin_home"))
        assert shown.status_code == 200
        assert 'id="waiting"' not in shown.text
        assert "/admin/situations/" not in shown.text


@pytest.mark.parametrize("name", ["situations", "developments", "publications", "events_admin"])
def test_lists_of_one_page_type_need_few_queries(name, secretariat, django_assert_max_num_queries):
    secretariat.get(reverse(f"{name}:index"))
    with django_assert_max_num_queries(32):
        listed = secretariat.get(reverse(f"{name}:index"))
    assert listed.status_code == 200


def test_list_of_situations_shows_the_latest_assessment(secretariat):
    page = SituationPage.objects.with_assessment().exclude(status=None).first()
    listed = secretariat.get(reverse("situations:index")).text
    assert page.title.replace("'", "&#x27;") in listed
    assert str(Status(page.status).label) in listed


class TestPlaces:
    def test_names_may_be_corrected(self, administrator):
        url = reverse("countries:edit", args=["CI"])
        assert administrator.post(url, {"name": "Ivory Coast"}).status_code == 302
        assert Country.objects.get(code="CI").name == "Ivory Coast"

    @pytest.mark.parametrize("action", ["add", "delete"])
    def test_nobody_adds_or_deletes_one(self, action, administrator):
        arguments = [] if action == "add" else ["CI"]
        answer = administrator.post(reverse(f"countries:{action}", args=arguments), {"name": "X"})
        assert answer.status_code == 302
        assert answer.url == reverse("wagtailadmin_home")
        assert Country.objects.filter(code="CI").exists()


class TestAddresses:
    """A page cannot take the address of something that is not a page."""

    def post(self, client, parent: Page, model: type[BasePage], slug: str):
        url = reverse(
            "wagtailadmin_pages:add",
            args=[model._meta.app_label, model._meta.model_name, parent.pk],
        )
        data = {"title": "A page", "slug": slug, "body": streamfield([])}
        if model is DevelopmentPage:
            data |= {"level": "un", "date": "2026"}
        return client.post(
            url, nested_form_data(data | {"comments-TOTAL_FORMS": 0, "comments-INITIAL_FORMS": 0})
        )

    @pytest.mark.parametrize("slug", ["search", "admin"])
    def test_refuses_those_of_the_site_itself(self, slug, home, secretariat):
        answer = self.post(secretariat, home, SectionPage, slug)
        assert "belongs to another part of the site" in answer.text
        assert not Page.objects.filter(slug=slug).exists()

    def test_refuses_those_of_feeds(self, content, secretariat):
        answer = self.post(secretariat, DevelopmentIndexPage.objects.get(), DevelopmentPage, "feed")
        assert "belongs to another part of the site" in answer.text

    def test_takes_any_other(self, content, secretariat):
        answer = self.post(secretariat, DevelopmentIndexPage.objects.get(), DevelopmentPage, "food")
        assert answer.status_code == 302
        assert Page.objects.filter(slug="food").exists()


class TestCopies:
    def copy(self, client, page: Page, parent: Page | None = None, **data):
        data.setdefault("new_slug", "a-copy")
        data |= {"new_title": "A copy", "new_parent_page": (parent or page.get_parent()).pk}
        return client.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), data)

    def test_of_a_publication_bears_no_symbol(self, secretariat):
        page = PublicationPage.objects.exclude(symbols=None).first()
        symbols = [one.symbol for one in page.symbols.all()]
        page.save_revision()
        assert self.copy(secretariat, page).status_code == 302
        copied = PublicationPage.objects.get(slug="a-copy")
        assert (copied.kind, copied.date) == (page.kind, page.date)
        assert not copied.get_latest_revision_as_object().symbols.exists()
        assert [one.symbol for one in PublicationPage.objects.get(pk=page.pk).symbols.all()] == (
            symbols
        )

    def test_of_a_whole_library(self, secretariat):
        library = PublicationIndexPage.objects.exclude(numchild=0).first()
        answer = self.copy(secretariat, library, copy_subpages="on")
        assert answer.status_code == 302
        copied = PublicationIndexPage.objects.get(slug="a-copy")
        assert copied.numchild == library.numchild

    def test_are_no_aliases(self, secretariat):
        page = PublicationPage.objects.exclude(symbols=None).first()
        form = secretariat.get(reverse("wagtailadmin_pages:copy", args=[page.pk])).text
        assert 'name="new_slug"' in form
        assert 'name="alias"' not in form
        assert self.copy(secretariat, page, alias="on").status_code == 302
        assert PublicationPage.objects.get(slug="a-copy").alias_of is None

    def test_do_not_take_the_addresses_of_the_site_itself(self, home, secretariat):
        page = BackgroundPage.objects.first()
        answer = self.copy(secretariat, page, home, new_slug="search")
        assert "belongs to another part of the site" in answer.text
        assert not Page.objects.filter(slug="search").exists()


def test_labels_begin_with_a_capital(secretariat):
    for page, label in (
        (SituationPage.objects.first(), "rimes at stake"),
        (PublicationPage.objects.first(), "anguages"),
    ):
        form = secretariat.get(edit_url(page)).text
        assert re.search(rf">\s*[A-Z]{label}\s*<", form)


def test_only_places_are_offered_as_time_zones(secretariat):
    form = secretariat.get(reverse("wagtailadmin_account")).text
    offered = set(re.findall(r'<option value="([^"]+)"', form))
    assert {"America/New_York", "UTC"} <= offered
    assert not {"localtime", "Factory", "posixrules", "Etc/GMT-3"} & offered


def test_site_settings_can_be_edited_and_previewed(secretariat):
    settings = SiteSettings.objects.get()
    url = reverse("wagtailsettings:edit", args=["pages", "sitesettings", settings.site_id])
    form = secretariat.get(url)
    assert form.status_code == 200
    content_type = ContentType.objects.get_for_model(SiteSettings)
    assert content_type is not None
    preview = re.search(r'data-w-preview-url-value="([^"]+)"', form.text)
    assert preview, "the form offers no preview"


def test_admin_bears_the_name_of_the_site(secretariat, client):
    name = SiteSettings.objects.get()
    assert name.acronym in secretariat.get(reverse("wagtailadmin_home")).text
    signing_in = client.get(reverse("wagtailadmin_login")).text
    assert f"Sign in to {name.acronym}" in signing_in
    assert "Wagtail</h1>" not in signing_in
