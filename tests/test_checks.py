"""The conventions are errors when they are broken: each is broken here on purpose."""

import pytest
from django.core.checks import run_checks
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from icrtop import checks
from pages.models import BasePage


def page_type(named: bool = True, **changes):
    """A page type that keeps every convention, but for what is changed; None takes it away."""
    meta = {"abstract": True, "app_label": "pages"} | ({"verbose_name": "page"} if named else {})
    fields = {
        "body": StreamField([], blank=True),
        "page_description": "A page.",
        "parent_page_types": [],
        "subpage_types": [],
        "search_fields": [*BasePage.search_fields, index.SearchField("body")],
        "template": "base.html",
    }
    kept = {name: value for name, value in (fields | changes).items() if value is not ...}
    return type(
        "Kept", (BasePage,), {**kept, "__module__": __name__, "Meta": type("Meta", (), meta)}
    )


def found(messages) -> list[str]:
    messages = list(messages)
    for one in messages:
        assert one.hint
    return [one.id for one in messages]


def test_the_project_keeps_them():
    assert [str(one) for one in run_checks(tags=[checks.CONVENTIONS])] == []


def test_they_look_at_page_types_of_every_app_and_at_no_other():
    types = checks.page_types()
    assert {model._meta.app_label for model in types} >= {
        "pages",
        "members",
        "events",
        "newsletter",
    }
    assert Page not in types


def test_a_page_type_that_keeps_them():
    assert found(checks.check_page_type(page_type())) == []


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"page_description": ...}, "E001"),
        ({"page_description": ""}, "E001"),
        ({"parent_page_types": ...}, "E002"),
        ({"subpage_types": ...}, "E003"),
        ({"named": False}, "E004"),
        ({"search_fields": Page.search_fields}, "E005"),
        ({"search_fields": BasePage.search_fields}, "E005"),
        ({"template": "pages/no_such_page.html"}, "E006"),
    ],
)
def test_a_page_type_that_breaks_one(changes, number):
    assert found(checks.check_page_type(page_type(**changes))) == [f"icrtop.{number}"]


def test_what_is_missing_from_the_search_is_named():
    (message,) = checks.check_page_type(page_type(search_fields=BasePage.search_fields))
    assert "body of Kept" in message.msg


def test_a_template_that_is_broken_is_told_from_one_that_is_missing(tmp_path, settings):
    (tmp_path / "broken.html").write_text("{% if %}")
    engine = {**settings.TEMPLATES[0], "DIRS": [tmp_path]}
    settings.TEMPLATES = [engine]
    (message,) = checks.check_template("broken.html", Page, "icrtop.E006")
    assert "TemplateSyntaxError" in message.msg


def block(**changes):
    meta = {
        "icon": "title",
        "description": "A heading.",
        "preview_value": "Words",
        "template": "pages/blocks/heading.html",
    } | changes
    return blocks.CharBlock(**{name: value for name, value in meta.items() if value is not ...})


def of_block(name: str, one: blocks.Block) -> list[str]:
    return found([*checks.check_description(name, one), *checks.check_presentation(name, one)])


def test_a_block_that_keeps_them():
    assert of_block("heading", block()) == []


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"icon": ...}, "E011"),
        ({"description": ...}, "E012"),
        ({"preview_value": ...}, "E013"),
        ({"template": ...}, "E014"),
        ({"template": "pages/blocks/paragraph.html"}, "E014"),
        ({"template": "nowhere/heading.html"}, "E015"),
    ],
)
def test_a_block_that_breaks_one(changes, number):
    assert of_block("heading", block(**changes)) == [f"icrtop.{number}"]


def test_blocks_within_blocks_are_looked_at():
    inner = blocks.StreamBlock([("link", blocks.CharBlock())])
    outer = blocks.StructBlock([("many", blocks.ListBlock(inner))])
    assert [name for name, _block in checks.choices_of(outer)] == ["link"]
    assert "icrtop.E012" in found(checks.check_description("link", blocks.CharBlock()))


def test_what_lies_in_the_environment_is_not_ours(settings, tmp_path, monkeypatch):
    settings.BASE_DIR = tmp_path
    monkeypatch.setattr("sys.prefix", str(tmp_path / ".venv"))
    assert checks.is_ours(tmp_path / "pages")
    assert not checks.is_ours(tmp_path / ".venv/lib/wagtail")
    assert not checks.is_ours(tmp_path.parent / "elsewhere")
