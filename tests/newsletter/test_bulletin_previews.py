"""Previews of a bulletin in the admin, in every form: of what is typed, saved, or not yet there."""

import pytest
from django.conf import settings
from django.test import Client
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from icrtop.mail.composing import MERGE_FIELD
from icrtop.mail.markup import check_html
from newsletter.models import BulletinIndexPage, BulletinPage
from pages.models import SiteImage
from tests.factories.newsletter import BulletinPageFactory, MailingFactory, every_block

pytestmark = pytest.mark.django_db

MODES = ["web", "letter", "phone", "text", "all"]


@pytest.fixture
def bulletin(content):
    image = SiteImage.objects.create(title="Hall", file=get_test_image_file(size=(1600, 900)))
    return BulletinPageFactory(body=every_block(image), subject="As it was published")


def form(**changed):
    """What the editor sends, with blocks of our own."""
    text = {"text": rich_text("<p>Typed a moment ago.</p>"), "image": IMAGE}
    fields = {
        "title": "A bulletin",
        "slug": "a-bulletin",
        "subject": "As it is being typed",
        "language": "en",
        "introduction": "A summary.",
        "body": streamfield([("lead", text), ("heading", "A part")]),
        **changed,
    }
    return nested_form_data(fields)


IMAGE = {"image": "", "alt_text": ""}


def preview(client, address, mode, data=None):
    """The answer to a preview, of the form that is sent first if there is one."""
    if data is not None:
        sent = client.post(address, data)
        assert sent.json() == {"is_valid": True, "is_available": True}
    return client.get(address, {"mode": mode, "in_preview_panel": "true"})


@pytest.mark.parametrize("mode", MODES)
class TestEveryMode:
    def test_shows_what_is_being_typed_and_saves_nothing(self, mode, bulletin, secretariat):
        answer = preview(secretariat, f"/admin/pages/{bulletin.pk}/edit/preview/", mode, form())
        assert answer.status_code == 200
        assert "As it is being typed" in answer.text
        assert "Typed a moment ago." in answer.text
        assert "As it was published" not in answer.text
        assert BulletinPage.objects.get(pk=bulletin.pk).subject == "As it was published"

    def test_shows_a_new_one_that_was_never_saved(self, mode, content, secretariat):
        index = BulletinIndexPage.objects.get()
        address = f"/admin/pages/add/newsletter/bulletinpage/{index.pk}/preview/"
        answer = preview(secretariat, address, mode, form())
        assert answer.status_code == 200
        assert "Typed a moment ago." in answer.text
        assert not BulletinPage.objects.exists()

    def test_shows_an_unfinished_one(self, mode, content, secretariat):
        index = BulletinIndexPage.objects.get()
        address = f"/admin/pages/add/newsletter/bulletinpage/{index.pk}/preview/"
        blocks = [
            ("item", {"page": "", "title": "", "summary": ""}),
            ("country_note", {"country": "", "text": rich_text("")}),
            ("event", {"page": "", "text": ""}),
            ("button", {"label": "", "page": "", "url": "", "text": ""}),
            ("lead", {"text": rich_text(""), "image": IMAGE}),
        ]
        answer = preview(secretariat, address, mode, form(subject="", body=streamfield(blocks)))
        assert answer.status_code == 200

    def test_shows_it_in_arabic(self, mode, bulletin, secretariat):
        answer = preview(
            secretariat, f"/admin/pages/{bulletin.pk}/edit/preview/", mode, form(language="ar")
        )
        if mode != "text":
            assert "rtl" in answer.text

    def test_shows_a_version_of_the_history(self, mode, bulletin, secretariat):
        revision = bulletin.latest_revision
        bulletin.subject = "A later version"
        bulletin.save_revision()
        address = f"/admin/pages/{bulletin.pk}/revisions/{revision.pk}/view/"
        answer = secretariat.get(address, {"mode": mode})
        assert "As it was published" in answer.text
        assert "A later version" not in answer.text

    def test_is_what_is_written_though_another_version_was_sent(self, mode, bulletin, secretariat):
        MailingFactory(bulletin=bulletin)
        answer = preview(secretariat, f"/admin/pages/{bulletin.pk}/edit/preview/", mode, form())
        assert "Typed a moment ago." in answer.text
        assert "was not sent" not in answer.text

    def test_may_have_its_styles(self, mode, bulletin, secretariat):
        answer = preview(secretariat, f"/admin/pages/{bulletin.pk}/edit/preview/", mode, form())
        assert "'unsafe-inline'" in answer["Content-Security-Policy"]

    def test_is_not_for_visitors(self, mode, bulletin):
        answer = Client().get(f"/admin/pages/{bulletin.pk}/edit/preview/", {"mode": mode})
        assert answer.status_code == 302


def test_the_letter_is_the_whole_document_with_links_that_are_nobodys(bulletin, secretariat):
    answer = preview(secretariat, f"/admin/pages/{bulletin.pk}/edit/preview/", "letter", form())
    check_html(answer.text)
    assert answer.text.startswith("<!DOCTYPE html>")
    assert "/listserv/unsubscribe/" in answer.text
    assert MERGE_FIELD.search(answer.text) is None


def test_frames_hold_letters_without_scripts(bulletin, secretariat):
    answer = preview(secretariat, f"/admin/pages/{bulletin.pk}/edit/preview/", "all", form())
    assert answer.text.count("<iframe") == 3
    assert answer.text.count('sandbox="allow-same-origin"') == 3
    assert answer.text.count("srcdoc=") == 3
    assert "wagtail-userbar" not in answer.text
    assert "<script" not in answer.text


def test_a_field_that_somebody_typed_breaks_no_preview(bulletin, secretariat):
    answer = preview(
        secretariat,
        f"/admin/pages/{bulletin.pk}/edit/preview/",
        "all",
        form(subject="Dear [[name]]"),
    )
    assert "Dear [[name]]" in answer.text


def test_editors_submit_and_the_secretariat_publishes(content, editor, secretariat):
    index = BulletinIndexPage.objects.get()
    data = {**form(), "action-submit": "submit"}
    answer = editor.post(f"/admin/pages/add/newsletter/bulletinpage/{index.pk}/", data)
    assert answer.status_code == 302
    bulletin = BulletinPage.objects.get()
    assert not bulletin.live
    assert bulletin.workflow_in_progress
    task = bulletin.current_workflow_task_state
    secretariat.post(
        f"/admin/pages/workflow/action/{bulletin.pk}/approve/{task.pk}/", {"comment": ""}
    )
    assert BulletinPage.objects.get().live
    # Published, it may be sent; it is not public by that.
    assert Client().get(bulletin.url).status_code == 404


def test_the_editor_offers_every_form(bulletin, secretariat):
    answer = secretariat.get(f"/admin/pages/{bulletin.pk}/edit/")
    for mode in MODES:
        assert f'<option value="{mode}"' in answer.text


def test_the_archive_holds_bulletins_only(content):
    index = BulletinIndexPage.objects.get()
    assert index.allowed_subpage_models() == [BulletinPage]
    assert BulletinPage.allowed_subpage_models() == []
    assert not Page.objects.filter(slug="feed").exists()
    assert BulletinPage().language == settings.LANGUAGE_CODE
