"""What the letters say: what happened, where and when, who says so, and how to get less of it."""

import datetime
import re

import pytest
from django.utils import translation

from newsletter.alerts import letters
from newsletter.alerts.changes import change_of
from newsletter.alerts.sending import send_at_once
from newsletter.models import Alert, MailingList
from pages.models import SituationPage, Status, Trend
from tests.factories.pages import (
    AssessmentFactory,
    DevelopmentPageFactory,
    DocumentSymbolFactory,
    PublicationPageFactory,
    SituationPageFactory,
)
from tests.newsletter.alerting import follower, letters_to, publish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page", "lists")]


def write(*pages, language="en") -> letters.Written:
    mailing_list = MailingList.objects.get(sends_alerts=True)
    return letters.write(mailing_list, [change_of(page) for page in pages], language)


def links(html: str) -> list[str]:
    return re.findall(r'href="([^"]+)"', html)


def assessed(**values) -> SituationPage:
    page = SituationPageFactory(title="Kenya", country_id="KE")
    for day, status in ((1, Status.SERIOUS_CONCERN), (20, Status.CURRENT_CRISIS)):
        AssessmentFactory(
            situation=page, date=datetime.date(2026, 11, day), status=status, is_sample=False
        )
    page.assessments.filter(date__day=20).update(
        summary="Because of this.", trend=Trend.DETERIORATED
    )
    page.assessments.filter(date__day=1).update(**values)
    return SituationPage.objects.get()


def test_a_development_with_its_source():
    page = DevelopmentPageFactory(
        title="Court orders measures",
        date="2026-11",
        level="un",
        introduction="What it ordered.",
        source_title="Order <1>",
        source_url="https://example.org/order?a=1&b=2",
        countries=["KE"],
    )
    subject, letter = write(page)
    assert subject == "Kenya: Court orders measures"
    assert f"http://testserver{page.url}" in links(letter.html)
    assert "https://example.org/order?a=1&amp;b=2" in links(letter.html)
    for text in ("November 2026", "United Nations", "What it ordered.", "Kenya"):
        assert text in letter.html
        assert text in letter.text
    assert "Order <1>\nhttps://example.org/order?a=1&b=2\n" in letter.text
    assert "[[preferences]]" in letter.html
    assert "[[leave]]" in letter.html
    assert "<Country" not in letter.text


def test_a_publication_with_who_issued_it_and_its_symbol():
    page = PublicationPageFactory(title="Report", issuing_body="Secretary-General", kind="report")
    DocumentSymbolFactory(publication=page, symbol="A/63/677")
    letter = write(page).letter
    assert "Secretary-General, A/63/677" in letter.text
    assert "https://docs.un.org/en/A/63/677" in links(letter.html)
    assert "Publication: Report" in letter.text


def test_an_assessment_says_how_it_was_before_in_words():
    subject, letter = write(assessed())
    assert subject == "Kenya: assessed as “Current crisis”"
    assert "Status: Current crisis (on 1 November 2026: Serious concern)" in letter.text
    assert "Trend: Deteriorated" in letter.text
    assert "As of 20 November 2026" in letter.text
    assert "Because of this." in letter.text


def test_a_sample_is_not_what_it_was_before():
    letter = write(assessed(is_sample=True)).letter
    assert "Status: Current crisis\n" in letter.text
    assert "Serious concern" not in letter.html


@pytest.mark.parametrize(
    ("title", "countries", "subject"),
    [
        ("Kenya votes", ["KE"], "Kenya votes"),
        ("Elections", ["KE", "UG"], "Kenya, Uganda: Elections"),
        ("Elections", ["KE", "UG", "FR", "DE"], "Elections"),
        ("Elections", [], "Elections"),
        ("An [[address]] and [[leave", [], "An [\N{ZERO WIDTH SPACE}[address]] and [[leave"),
    ],
)
def test_a_subject_names_the_country_where_the_title_does_not(title, countries, subject):
    assert write(DevelopmentPageFactory(title=title, countries=countries)).subject == subject


def test_a_long_subject_is_cut():
    subject = write(DevelopmentPageFactory(title="Long " * 50, countries=["KE"])).subject
    assert len(subject) == 200
    assert subject.endswith("…")


def test_a_digest_is_in_order_of_countries_and_topics_each_change_once():
    in_kenya = DevelopmentPageFactory(title="First", countries=["KE"])
    somewhere = DevelopmentPageFactory(title="Second", level="civil_society")
    in_both = DevelopmentPageFactory(title="Third", countries=["KE", "UG"])
    later_in_kenya = DevelopmentPageFactory(title="Fourth", countries=["KE"])
    subject, letter = write(later_in_kenya, in_both, somewhere, in_kenya)
    assert subject == "4 changes you follow: Kenya, Uganda"
    order = ["* Kenya *", "Fourth", "First", "* Kenya, Uganda *", "Third"]
    order += ["* Developments in civil society *", "Second"]
    places = [letter.text.index(each) for each in order]
    assert places == sorted(places)
    assert all(letter.html.count(f">{each.title}<") == 1 for each in (in_kenya, in_both))


@pytest.mark.parametrize(
    ("codes", "subject"),
    [
        (["KE", "UG", "FR"], "3 changes you follow: France, Kenya, Uganda"),
        (
            ["KE", "UG", "FR", "DE"],
            "4 changes you follow: France, Germany, Kenya and 1 more country",
        ),
    ],
)
def test_the_subject_of_a_digest_names_three_countries(codes, subject):
    pages = [DevelopmentPageFactory(countries=[code]) for code in sorted(codes)]
    changes = sorted((change_of(page) for page in pages), key=lambda change: change.places)
    assert letters.subject_of_digest(changes) == subject


def test_a_very_long_digest_is_not_cut_off_by_gmail():
    pages = [
        DevelopmentPageFactory(
            title=f"Development {number} " + "of many words " * 4,
            introduction="A summary of six hundred characters at most. " * 13,
            source_title="A source with a long name " * 3,
            source_url="https://example.org/" + "path/" * 10,
            countries=["KE"],
        )
        for number in range(70)
    ]
    letter = write(*pages).letter
    assert all(each.title.strip() in letter.html for each in pages)
    assert len(letter.html.encode()) < 102_000


def test_what_was_corrected_since_is_what_the_letter_says():
    reader = follower("un")
    page = DevelopmentPageFactory(title="Tpyo")
    publish(page)
    page.title = "Typo"
    page.save_revision().publish()

    send_at_once()
    assert [each.subject for each in letters_to(reader)] == ["Typo"]
    assert Alert.objects.get().title == "Typo"


def test_a_reader_of_another_language_gets_the_site_s_own_where_it_has_no_other(settings):

    readers = [follower("un", language=language) for language in ("en", "fr")]
    publish(DevelopmentPageFactory())
    send_at_once()
    assert letters_to(readers[0]) == letters_to(readers[1])


def test_right_to_left(settings):
    settings.LANGUAGES = [("en", "English"), ("ar", "Arabic")]
    with translation.override("en"):
        letter = write(DevelopmentPageFactory(), language="ar").letter
    assert '<html lang="ar" dir="rtl"' in letter.html
