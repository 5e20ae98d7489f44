"""What stands against sending a bulletin: errors stop it, warnings do not."""

import pytest
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Page, PageViewRestriction

from icrtop.mail.letters import Letter
from newsletter.bulletin_checks import MANY_BYTES, MOST_BYTES, problems
from newsletter.bulletin_letters import filled, render_bulletin, sample_list
from newsletter.bulletin_links import external_links
from newsletter.models import BulletinPage
from pages.models import DevelopmentPage, SiteDocument, SiteImage
from tests.factories.newsletter import (
    BulletinPageFactory,
    MailingFactory,
    body_of,
    every_block,
)
from tests.factories.pages import DevelopmentPageFactory

pytestmark = pytest.mark.django_db

TEXT = ("text", "<p>What happened.</p>")


@pytest.fixture
def check(content):
    """Give it what a bulletin is to be for what stands against it: texts of errors, of warnings."""

    def run(*blocks, **fields):
        bulletin = BulletinPageFactory(body=body_of(*(blocks or [TEXT])), **fields)
        found = problems(bulletin, render_bulletin(bulletin, sample_list()))
        errors = [f"{one.text} {one.where}".strip() for one in found if one.is_error]
        return errors, [one.text for one in found if not one.is_error]

    return run


def test_nothing_stands_against_one_that_is_in_order(content):
    image = SiteImage.objects.create(title="Hall", file=get_test_image_file(size=(1600, 900)))
    bulletin = BulletinPageFactory(body=every_block(image))
    assert problems(bulletin, render_bulletin(bulletin, sample_list())) == []


def test_errors_come_first(content):
    bulletin = BulletinPageFactory(subject="MAY MAY", body=body_of())
    found = problems(bulletin, render_bulletin(bulletin, sample_list()))
    assert [one.is_error for one in found] == [True, False, False]


class TestSubject:
    @pytest.mark.parametrize("subject", ["", "   "])
    def test_there_must_be_one(self, subject, content):
        bulletin = BulletinPageFactory.build(parent=None, subject=subject, body=body_of(TEXT))
        found = problems(bulletin, Letter("<p>x</p>", "x"))
        assert found[0].is_error
        assert "no subject" in found[0].text

    @pytest.mark.parametrize("subject", ["a\nb", "a\x00b", "a\x1bb", "a\u2028b"])
    def test_control_characters_stop_it(self, subject, content):
        bulletin = BulletinPageFactory.build(parent=None, subject=subject, body=body_of(TEXT))
        found = problems(bulletin, Letter("<p>x</p>", "x"))
        assert any("control characters" in one.text and one.is_error for one in found)

    @pytest.mark.parametrize(
        ("subject", "language"),
        [
            ("November 2026", "en"),
            ("23.11.2026", "en"),
            ("Nov. 23rd, 2026", "en"),
            ("2026", "en"),
            ("novembre 2026", "fr"),
            ("November 2026", "fr"),
            ("23 \u043d\u043e\u044f\u0431\u0440\u044c 2026", "ru"),
        ],
    )
    def test_only_a_date_says_little(self, subject, language, check):
        errors, warnings = check(subject=subject, language=language)
        assert errors == []
        assert "only a date" in warnings[0]

    @pytest.mark.parametrize(
        "subject", ["RtoP Bulletin 7", "November in Geneva", "نشرة", "保护责任"]
    )
    def test_one_that_says_something_is_plain(self, subject, check):
        assert check(subject=subject) == ([], [])

    def test_capitals_look_like_spam(self, check):
        _errors, warnings = check(subject="READ THIS NOW")
        assert "capitals" in warnings[0]
        assert check(subject="UNITAR") == ([], [])

    def test_a_long_one_is_cut_off(self, check):
        assert check(subject="y" * 78) == ([], [])
        _errors, warnings = check(subject="y" * 79)
        assert "longer than 78" in warnings[0]
        _errors, warnings = check(subject="保" * 40)
        assert "longer than 78" in warnings[0]

    def test_merge_marks_stop_it(self, check):
        errors, _warnings = check(subject="Dear [[name]]")
        assert "[[name]]" in errors[0]
        assert check(subject="A [bracket] and a [[ ]]") == ([], [])


class TestBody:
    @pytest.mark.parametrize("blocks", [[], [("heading", " ")], [("text", "<p></p>")]])
    def test_an_empty_one_is_not_sent(self, blocks, content):
        bulletin = BulletinPageFactory(body=body_of(*blocks))
        found = problems(bulletin, render_bulletin(bulletin, sample_list()))
        assert [one.text for one in found if one.is_error] == ["The bulletin is empty."]

    @pytest.mark.parametrize("field", ["[[leave]]", "[[preferences]]", "[[anything]]"])
    def test_merge_fields_are_not_for_the_text(self, field, check):
        errors, _warnings = check(("text", f"<p>Go to {field}</p>"))
        assert any(field in one for one in errors)

    @pytest.mark.parametrize("word", ["TODO", "xxx", "XXXX", "Lorem ipsum", "lorem  ipsum"])
    def test_notes_to_oneself_are_a_warning(self, word, check):
        for found in (
            check(("text", f"<p>Here {word} comes.</p>")),
            check(subject=f"News: {word}"),
            check(introduction=f"{word}."),
        ):
            assert found[0] == []
            assert "note to yourself" in found[1][0]

    @pytest.mark.parametrize("word", ["todo", "Todos", "maxxxed", "xx"])
    def test_other_words_are_none(self, word, check):
        assert check(("text", f"<p>Here {word} comes.</p>")) == ([], [])

    def test_an_image_without_a_description_stops_it(self, check):
        image = SiteImage.objects.create(title="Hall", file=get_test_image_file())
        for picture, expected in (
            ({"image": image.pk, "alt_text": "", "decorative": False}, 1),
            ({"image": image.pk, "alt_text": " ", "decorative": False}, 1),
            ({"image": image.pk, "alt_text": "A hall", "decorative": False}, 0),
            ({"image": image.pk, "alt_text": "", "decorative": True}, 0),
        ):
            errors, _warnings = check(TEXT, ("lead", {"text": "<p>x</p>", "image": picture}))
            assert len(errors) == expected, picture
            assert all(one.endswith("2. Lead") for one in errors)

    def test_an_item_or_a_button_without_a_target_stops_it(self, check):
        errors, _warnings = check(
            TEXT,
            ("item", {"page": 999_999}),
            ("event", {"page": None}),
            ("button", {"label": "Press", "page": None, "url": ""}),
        )
        assert [one.partition(". ")[2] for one in errors] == [
            "2. Item from the site",
            "3. Event",
            "4. Button",
        ]


class TestLetter:
    def test_weighs_no_more_than_gmail_shows(self, content):
        bulletin = BulletinPageFactory(body=body_of(TEXT))
        letter = render_bulletin(bulletin, sample_list())
        size = len(filled(letter).html.encode())
        for target, expected in (
            (MANY_BYTES, []),
            (MANY_BYTES + 1, [False]),
            (MOST_BYTES, [False]),
            (MOST_BYTES + 1, [True]),
        ):
            padded = letter._replace(html=letter.html + "x" * (target - size))
            found = problems(bulletin, padded)
            assert [one.is_error for one in found] == expected, target
            assert all("Gmail" in one.text for one in found)

    def test_counts_bytes_and_the_readers_own_links(self, content):
        bulletin = BulletinPageFactory(body=body_of(TEXT))
        letter = render_bulletin(bulletin, sample_list())
        rest = MOST_BYTES - len(filled(letter).html.encode())
        wide = letter._replace(html=letter.html + "é" * (rest // 2 + 1))
        assert [one.is_error for one in problems(bulletin, wide)] == [True]
        assert len(filled(letter).html) > len(letter.html)

    def test_a_long_bulletin_is_too_heavy_as_it_is(self, check):
        errors, _warnings = check(*[("text", f"<p>{'word ' * 2000}</p>")] * 11)
        assert "Gmail" in errors[0]

    def test_must_be_well_formed(self, content):
        bulletin = BulletinPageFactory(body=body_of(TEXT))
        found = problems(bulletin, Letter("<div><b>x</div>", "x"))
        assert [one.is_error for one in found] == [True]


def link(href):
    return ("text", f'<p><a href="{href}">x</a></p>')


def page_link(page):
    return ("text", f'<p><a linktype="page" id="{page.pk}">x</a></p>')


class TestAddresses:
    @pytest.mark.parametrize(
        "href",
        [
            "https://www.un.org/a?b=c",
            "http://a.example",
            "mailto:a@b.example",
            "tel:+1-212",
            "HTTPS://A.EXAMPLE/",
        ],
    )
    def test_those_that_can_be_followed(self, href, check):
        assert check(link(href)) == ([], [])

    @pytest.mark.parametrize(
        "href",
        [
            "javascript:alert(1)",
            "ftp://a.example/",
            "www.un.org",
            "//www.un.org/",
            "#part",
            "https://",
            "https:///a",
            "http://[::1",
            "mailto:nobody",
            "tel:",
            "data:text/html,x",
        ],
    )
    def test_those_that_cannot(self, href, check):
        errors, _warnings = check(TEXT, link(href))
        assert len(errors) == 1
        assert errors[0].endswith("2. Text")

    def test_those_of_quotations_and_buttons_too(self, check):
        errors, _warnings = check(
            ("quotation", {"text": "x", "link": "ftp://a.example/"}),
            ("button", {"label": "x", "url": "ftp://b.example/"}),
        )
        assert [one.rpartition(". ")[2] for one in errors] == ["Quotation", "Button"]


class TestOurOwnPages:
    @pytest.fixture
    def vote(self, content):
        return DevelopmentPageFactory(title="A vote", slug="a-vote")

    @pytest.fixture(params=["chosen", "linked", "full address", "path", "path without slash"])
    def block(self, request, vote):
        return {
            "chosen": ("item", {"page": vote.pk}),
            "linked": page_link(vote),
            "full address": link(f"http://testserver{vote.url}?a=b#c"),
            "path": link(vote.url),
            "path without slash": link(vote.url.rstrip("/")),
        }[request.param]

    def test_one_that_everybody_may_read(self, block, check):
        assert check(block) == ([], [])

    def test_a_draft_stops_it(self, block, vote, check):
        vote.unpublish()
        errors, _warnings = check(TEXT, block)
        assert len(errors) == 1
        assert errors[0].startswith("“A vote” is not published. 2.")

    def test_a_private_one_stops_it(self, block, vote, check):
        PageViewRestriction.objects.create(page=vote.get_parent(), restriction_type="login")
        errors, _warnings = check(block)
        assert errors[0].startswith("“A vote” is not for everybody to read.")

    def test_one_that_was_deleted_stops_it(self, block, vote, check):
        DevelopmentPage.objects.get(pk=vote.pk).delete()
        errors, _warnings = check(TEXT, block)
        assert len(errors) == 1

    def test_one_outside_the_site_stops_it(self, check):
        root = Page.get_first_root_node()
        other = root.add_child(instance=Page(title="Elsewhere", slug="elsewhere"))
        errors, _warnings = check(page_link(other))
        assert "is not on this site" in errors[0]

    def test_a_bulletin_that_was_not_sent_stops_it(self, check):
        other = BulletinPageFactory(title="Later")
        errors, _warnings = check(page_link(other))
        assert errors[0].startswith("“Later” is not for everybody to read.")
        MailingFactory(bulletin=other)
        assert check(page_link(other)) == ([], [])

    def test_it_may_link_to_itself(self, content):
        bulletin = BulletinPageFactory()
        bulletin.body = body_of(page_link(bulletin))
        bulletin.save_revision().publish()
        assert problems(bulletin, render_bulletin(bulletin, sample_list())) == []


class TestOurOwnAddresses:
    @pytest.mark.parametrize(
        "path",
        ["/", "/subscribe", "/search/?q=a", "/listserv/", "/listserv/feed/", "/africa",
         "/index.php/africa", "/static/css/site.css", "/sitemap.xml"],
    )  # fmt: skip
    def test_what_is_there(self, path, check):
        assert check(link(path)) == ([], [])

    @pytest.mark.parametrize(
        "path", ["/no-such-page/", "/admin/pages/", "/documents/999999/a.pdf", "/media/none.jpg"]
    )
    def test_what_is_not_there(self, path, check):
        errors, _warnings = check(link(f"http://testserver{path}"))
        assert len(errors) == 1
        assert path.split("?")[0] in errors[0]

    def test_a_file_of_ours(self, check):
        document = SiteDocument.objects.create(title="Letter", file=get_test_image_file("a.pdf"))
        assert check(link(document.url)) == ([], [])


def test_many_links_of_ours_need_few_queries(content, django_assert_max_num_queries):
    pages = DevelopmentPage.objects.live()[:12]
    bulletin = BulletinPageFactory(body=body_of(*[("item", {"page": page.pk}) for page in pages]))
    letter = render_bulletin(bulletin, sample_list())
    fresh = BulletinPage.objects.get(pk=bulletin.pk)
    with django_assert_max_num_queries(8):
        assert problems(fresh, letter) == []


def test_external_links_are_those_to_other_hosts_each_once(content):
    bulletin = BulletinPageFactory(
        body=body_of(
            link("https://a.example/x"),
            link("https://a.example/x"),
            link("http://testserver/contact/"),
            link("/contact/"),
            link("mailto:a@b.example"),
            link("http://a.example:99/"),
            ("quotation", {"text": "x", "link": "https://c.example/"}),
            ("button", {"label": "x", "url": "https://d.example/"}),
        )
    )
    assert external_links(bulletin) == [
        "https://a.example/x",
        "http://a.example:99/",
        "https://c.example/",
        "https://d.example/",
    ]
