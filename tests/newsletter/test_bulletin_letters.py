"""A bulletin as a letter: HTML that mail programs show alike, and text that says the same."""

import re
from html import unescape

import pytest
from django.conf import settings
from wagtail.images.tests.utils import get_test_image_file

from icrtop.mail.composing import MERGE_FIELD
from icrtop.mail.markup import check_html
from newsletter.bulletin_letters import filled, render_bulletin, render_web, sample_list
from newsletter.models import BulletinPage, MailingList
from pages.models import SiteImage, SiteSettings
from tests.factories.newsletter import (
    BulletinPageFactory,
    MailingListFactory,
    body_of,
    every_block,
)

pytestmark = pytest.mark.django_db

HREF = re.compile(r'href="([^"]+)"')
DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?\})\s*\}\s*</style>", re.DOTALL)


@pytest.fixture
def image(db):
    file = get_test_image_file(size=(1600, 900))
    return SiteImage.objects.create(title="Hall", file=file, credit="A photographer")


@pytest.fixture
def bulletin(content, image):
    return BulletinPageFactory(body=every_block(image))


@pytest.fixture
def letter(bulletin):
    return render_bulletin(bulletin, MailingListFactory(name="RtoP & news"))


def hrefs(html):
    return [unescape(one) for one in HREF.findall(html)]


def test_tags_are_balanced_and_tables_are_for_layout_only(letter):
    check_html(letter.html)
    assert letter.html.count("<table") == letter.html.count('role="presentation"')
    assert "<script" not in letter.html
    assert "<link" not in letter.html


def test_one_column_of_600_pixels(letter):
    assert "max-width: 600px" in letter.html
    assert '<!--[if mso]><table role="presentation" width="600"' in letter.html


def test_every_address_is_a_full_one(letter):
    for address in [*hrefs(letter.html), *re.findall(r'src="([^"]+)"', letter.html)]:
        assert address.startswith(("https://", "http://", "mailto:")), address


def test_the_text_part_has_every_link_of_the_html(letter):
    for address in hrefs(letter.html):
        assert address.removeprefix("mailto:") in letter.text, address


def test_lines_of_the_text_part_are_short(letter):
    long = [line for line in letter.text.split("\n") if len(line) > 78 and "://" not in line]
    assert long == []


def test_merge_fields_are_the_readers_own_links_and_nothing_else(letter):
    assert set(MERGE_FIELD.findall(letter.html)) == {"leave", "preferences"}
    assert set(MERGE_FIELD.findall(letter.text)) == {"leave", "preferences"}
    assert MERGE_FIELD.search(filled(letter).html) is None


def test_the_foot_names_the_list_and_who_writes_from_where(letter):
    site = SiteSettings.objects.get()
    assert "“RtoP &amp; news”" in letter.html
    assert "“RtoP & news”" in letter.text
    for line in [site.organisation, *site.address.splitlines(), site.telephone, site.email]:
        assert line in letter.html
        assert line in letter.text


def test_the_summary_is_what_an_inbox_shows_beside_the_subject(bulletin, letter):
    body = letter.html[letter.html.index("<body") :]
    preheader = body.index(bulletin.introduction)
    assert "display: none" in body[body.rindex("<div", 0, preheader) : preheader]
    assert body.count(bulletin.introduction) == 1


def test_styles_are_on_the_elements_and_those_for_dark_screens_stay(letter):
    (dark,) = DARK.findall(letter.html)
    assert "<style>" in letter.html
    assert 'name="color-scheme" content="light dark"' in letter.html
    for name in ("page", "text", "foot", "entry", "facts", "part", "press", "button", "quoted"):
        assert f".{name}" in dark, name
        assert re.search(rf'class="(?:[^"]* )?{name}[ "]', letter.html), name
    assert letter.html.count("<p") == len(re.findall(r"<p [^>]*style=", letter.html))


def test_an_image_is_a_jpeg_twice_as_dense_as_it_is_shown(letter, image):
    (tag,) = re.findall(r"<img[^>]+>", letter.html)
    assert 'alt="A hall with rows of seats"' in tag
    assert 'width="552"' in tag
    assert 'height="311"' in tag or 'height="310"' in tag
    rendition = image.renditions.get()
    assert rendition.file.name.endswith(".jpg")
    assert rendition.width == 1104
    assert f'src="{settings.BASE_URL}{rendition.url}"' in tag
    assert "[Image: A hall with rows of seats]" in letter.text


def test_a_small_image_is_not_blown_up(content):
    small = SiteImage.objects.create(title="Small", file=get_test_image_file(size=(200, 100)))
    value = {"text": "<p>x</p>", "image": {"image": small.pk, "alt_text": "A sign"}}
    letter = render_bulletin(BulletinPageFactory(body=body_of(("lead", value))), sample_list())
    assert 'width="200"' in letter.html
    assert 'height="100"' in letter.html


def test_letters_to_an_open_list_lead_to_the_archive(bulletin, letter):
    address = f"{settings.BASE_URL}{bulletin.url}"
    assert address in letter.html
    assert f"Read it on the web:\n{address}\n" in letter.text


def test_letters_to_a_closed_list_do_not(bulletin):
    letter = render_bulletin(bulletin, MailingListFactory(is_public=False))
    assert bulletin.url not in letter.html
    assert "on the web" not in letter.text


class TestRightToLeft:
    @pytest.fixture
    def arabic(self, content):
        return BulletinPageFactory(
            language="ar",
            subject="نشرة",
            body=body_of(
                ("lead", {"text": "<p>ما حدث</p>"}), ("country_note", {"country": "SY", "text": ""})
            ),
        )

    def test_the_letter_is_written_from_right_to_left(self, arabic):
        letter = render_bulletin(arabic, MailingListFactory())
        assert '<html lang="ar" dir="rtl">' in letter.html
        assert "ما حدث" in letter.text
        check_html(letter.html)

    def test_what_the_site_says_is_in_the_language_that_it_speaks(self, arabic):
        letter = render_bulletin(arabic, MailingListFactory())
        for name in ("head", "foot", "facts", "web"):
            (tag,) = re.findall(rf'<\w+ class="{name}"[^>]*>', letter.html)
            assert 'lang="en"' in tag
            assert 'dir="ltr"' in tag

    def test_so_is_the_page_of_the_archive(self, arabic):
        html = render_web(arabic)
        assert '<div class="bulletin prose" lang="ar" dir="rtl">' in html
        assert '<p class="meta" lang="en" dir="ltr">' in html

    def test_links_lead_to_addresses_that_there_are(self, arabic):
        letter = render_bulletin(arabic, MailingListFactory())
        assert f"{settings.BASE_URL}/ar/" not in letter.html
        assert f"{settings.BASE_URL}/situations/syria/" in letter.html


def test_a_letter_in_the_sites_language_repeats_it_nowhere(letter):
    assert '<html lang="en" dir="ltr">' in letter.html
    assert letter.html.count('lang="') == 1


def test_letters_to_several_lists_need_few_queries(bulletin, django_assert_max_num_queries):
    lists = [MailingListFactory() for _number in range(4)]
    # The previews have made the sizes of the image.
    render_bulletin(bulletin, lists[0])
    render_web(bulletin)
    fresh = BulletinPage.objects.get(pk=bulletin.pk)
    with django_assert_max_num_queries(15):
        letters = [render_bulletin(fresh, each) for each in lists]
        render_web(fresh)
    assert len({letter.html for letter in letters}) == 4


def test_a_bulletin_that_was_changed_is_rendered_anew(bulletin):
    first = render_bulletin(bulletin, sample_list())
    bulletin.body.append(("text", "<p>Added at the end.</p>"))
    assert "Added at the end." in render_bulletin(bulletin, sample_list()).html
    bulletin.introduction = "Another summary."
    assert "Another summary." in render_web(bulletin)
    assert "Added at the end." not in first.html


def test_there_is_a_list_to_show_a_letter_for_where_there_is_none(db):
    MailingList.objects.all().delete()
    assert sample_list().name


def test_the_same_for_everyone_but_the_readers_own_links(bulletin):
    mailing_list = MailingListFactory()
    assert render_bulletin(bulletin, mailing_list) == render_bulletin(bulletin, mailing_list)
    letter = render_bulletin(bulletin, mailing_list)
    own = [one for one in hrefs(letter.html) if "[[" in one]
    assert len(own) == 2
    assert all("?" not in one for one in hrefs(letter.html) if one.startswith(settings.BASE_URL))
