"""What letters of a mailing list say about it, for mail programs to offer the way out."""

import pytest

from icrtop.mail.headers import InvalidMessage
from icrtop.mail.lists import MailingListHeaders
from tests.mail.letters import delivery, header, mailbox, written

BULLETIN = {
    "list_id": "bulletin",
    "name": "RtoP Bulletin",
    "unsubscribe_url": "https://icrtop.example/leave/[[token]]/",
    "unsubscribe_mailto": "mailto:leave@icrtop.example?subject=[[token]]",
}


@pytest.fixture(autouse=True)
def site(settings):
    settings.BASE_URL = "https://www.icrtop.example:8443/somewhere"


def headers(**changes: str) -> dict[str, str]:
    return MailingListHeaders(**{**BULLETIN, **changes}).as_headers()


def test_the_headers_of_rfc_2919_2369_and_8058():
    assert headers() == {
        "List-Id": "RtoP Bulletin <bulletin.www.icrtop.example>",
        "List-Unsubscribe": (
            "<https://icrtop.example/leave/[[token]]/>, "
            "<mailto:leave@icrtop.example?subject=[[token]]>"
        ),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
    }


def test_the_archive_is_named_if_there_is_one():
    with_archive = headers(archive_url="https://icrtop.example/archive/")
    assert with_archive.pop("List-Archive") == "<https://icrtop.example/archive/>"
    assert with_archive == headers()


def test_each_reader_has_addresses_of_their_own_to_leave_at():
    letter = delivery(message__headers=headers(), merge={"token": "x" * 200})
    content = written(letter)
    assert header(content, "List-Unsubscribe").decode() == (
        f"<https://icrtop.example/leave/{'x' * 200}/>, "
        f"<mailto:leave@icrtop.example?subject={'x' * 200}>"
    )
    # RFC 8058, 3.1: in these very words.
    assert header(content, "List-Unsubscribe-Post") == b"List-Unsubscribe=One-Click"
    assert b"Auto-Submitted" not in content


@pytest.mark.parametrize(
    "name",
    [
        *("RtoP Bulletin", "Members' list (closed), weekly", 'The "Alert" <list>', "News: weekly;"),
        *(
            "Bulletin de la responsabilité de protéger, chaque semaine, pour tous " * 2,
            "保护的责任",
        ),
        *("=?utf-8?q?Jo?=", "back\\slash", "J. R. & Sons"),
    ],
)
def test_the_name_of_a_list_is_shown_as_it_is_and_hides_no_address(name):
    content = written(delivery(message__headers=headers(name=name), merge={"token": "x"}))
    shown_name, address = mailbox(content, "List-Id")
    assert shown_name == name.strip()
    assert address == "bulletin.www.icrtop.example"


def test_a_name_with_line_breaks_has_one_line():
    assert headers(name="RtoP\r\nBcc: x@example.org\0")["List-Id"].count("\n") == 0


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "leave", "/leave/", "//icrtop.example/leave/", "ftp://icrtop.example/leave/"),
        *("http://icrtop.example/leave/", "javascript:alert(1)", "mailto:leave@icrtop.example"),
        *("https://", "https:leave", "https://icrtop.example/a b", "https://icrtop.example/>x"),
        *(
            "https://icrtop.example/\r\nBcc: x@example.org",
            "https://icrtop.example/<",
            "https://é/",
        ),
    ],
)
def test_a_web_address_that_mail_programs_would_not_follow_is_refused(wrong):
    with pytest.raises(InvalidMessage, match="web address to leave at"):
        headers(unsubscribe_url=wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "leave@icrtop.example", "https://icrtop.example/", "mailto:", "mailto:a b@c.example"),
        *("mailto:leave@icrtop.example>, <https://evil.example", "mailto:é@icrtop.example"),
    ],
)
def test_a_mail_address_that_mail_programs_would_not_write_to_is_refused(wrong):
    with pytest.raises(InvalidMessage, match="address to leave by mail"):
        headers(unsubscribe_mailto=wrong)


@pytest.mark.parametrize("wrong", ["archive", "javascript:alert(1)", "https://x.example/>\r\nA: b"])
def test_an_archive_that_nobody_could_open_is_refused(wrong):
    with pytest.raises(InvalidMessage, match="archive"):
        headers(archive_url=wrong)


@pytest.mark.parametrize("wrong", ["", "the bulletin", "bulletin>", "büll", "a.b..c", "x\n"])
def test_a_list_without_a_name_that_can_be_part_of_an_address_is_refused(wrong):
    with pytest.raises(InvalidMessage, match="list"):
        headers(list_id=wrong)


def test_a_site_on_a_developers_machine_needs_no_certificate(settings):
    settings.BASE_URL = "http://localhost:8000"
    local = headers(unsubscribe_url="http://localhost:8000/leave/")
    assert local["List-Unsubscribe"].startswith("<http://localhost:8000/leave/>, ")
    assert local["List-Id"] == "RtoP Bulletin <bulletin.localhost>"
