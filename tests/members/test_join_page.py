"""The form to apply: what it takes, and what it says about what it does not take."""

from urllib.parse import urlencode

import pytest
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT

from icrtop.mail.models import Message
from members.models import Application
from pages.models import BackgroundPage

pytestmark = pytest.mark.django_db

URL = "/join-the-coalition/"


@pytest.fixture(autouse=True)
def joining(join_page):
    return join_page


def html(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize("address", [URL, "/join-the-coalition"])
def test_the_form_is_at_the_printed_address_and_sets_no_cookie_but_the_token(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert set(response.cookies) == {"csrftoken"}
    for name in (
        "organisation_name",
        "founding_purposes",
        "common_understanding",
        "leave_this_empty",
    ):
        assert f'name="{name}"' in html(response)


def test_sending_it_stores_the_application_and_leads_to_thanks(client, joining, answers):
    joining.thanks = "The committee meets in spring."
    joining.save()
    response = client.post(URL, answers)
    assert (response.status_code, response["Location"]) == (303, f"{URL}?sent")
    application = Application.objects.get()
    assert application.website == "https://example.org"
    assert application.endorsements.count() == 2

    thanks = client.get(response["Location"])
    assert "The committee meets in spring." in html(thanks)
    assert '<form class="form"' not in html(thanks)
    assert not thanks.cookies


def test_without_its_token_it_is_refused(answers):
    response = Client(enforce_csrf_checks=True).post(URL, answers)
    assert response.status_code == 403
    assert not Application.objects.exists()


def test_a_robot_sees_the_same_success_and_leaves_nothing(client, answers):
    response = client.post(URL, answers | {"leave_this_empty": "x"})
    assert (response.status_code, response["Location"]) == (303, f"{URL}?sent")
    assert not Application.objects.exists()
    assert not Message.objects.exists()


def test_nothing_typed_is_lost_on_an_error(client, answers):
    response = client.post(URL, answers | {"email": "not an address"})
    form = response.context["form"]
    assert set(form.errors) == {"email"}
    page = html(response)
    for typed in ("Example Society", "Ama Example", "not an address", answers["why"]):
        assert typed in page
    assert '<option value="GH" selected>' in page
    assert page.count("checked") == 3
    assert 'href="#id_email"' in page
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    "name",
    [
        "organisation_name",
        "country",
        "contact_name",
        "email",
        "category",
        "why",
        "founding_purposes",
        "common_understanding",
    ],
)
def test_what_is_missing_is_asked_for(client, answers, name):
    del answers[name]
    response = client.post(URL, answers)
    assert response.status_code == 200
    assert set(response.context["form"].errors) == {name}
    assert "This field is required." not in html(response)
    assert not Application.objects.exists()


def test_an_empty_form_names_every_field_that_is_needed(client):
    response = client.post(URL, {})
    assert len(response.context["form"].errors) == 8


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        ("example.org", "https://example.org"),
        ("  www.example.org/about us".replace(" us", ""), "https://www.example.org/about"),
        ("http://example.org", "http://example.org"),
        ("HTTPS://Example.org", "https://Example.org"),
    ],
)
def test_a_website_needs_no_scheme(client, answers, typed, stored):
    client.post(URL, answers | {"website": typed})
    assert Application.objects.get().website.lower() == stored.lower()


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "ftp://example.org",
        "data:text/html,x",
        "//",
        "http://",
        "not a website",
        "http://[::1",
        "mailto:ama@example.org",
        "https://example.org\n<script>",
    ],
)
def test_other_websites_are_refused(client, answers, typed):
    response = client.post(URL, answers | {"website": typed})
    assert set(response.context["form"].errors) == {"website"}


@pytest.mark.parametrize("name", ["organisation_name", "contact_name"])
@pytest.mark.parametrize("typed", ["Win at https://spam.example", "see www.spam.example"])
def test_a_name_that_holds_a_website_is_refused(client, answers, name, typed):
    """The letter to the applicant quotes names, and must not carry what robots want to send."""
    response = client.post(URL, answers | {name: typed})
    assert set(response.context["form"].errors) == {name}
    assert not Message.objects.exists()


def test_line_breaks_in_a_name_become_spaces(client, answers):
    client.post(URL, answers | {"organisation_name": " Example\r\nBcc:  x@example.org "})
    assert Application.objects.get().organisation_name == "Example Bcc: x@example.org"


NAMES = [
    "organisation_name",
    "country",
    "website",
    "contact_name",
    "email",
    "category",
    "why",
    "leave_this_empty",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "typed", ["\0", "a\0b", "x" * 10_000, "\u202e\ufeff\ud7ff", "<script>alert(1)</script>", "٣"]
)
def test_no_value_breaks_the_form(client, answers, name, typed):
    response = client.post(URL, answers | {name: typed})
    assert response.status_code in (200, 303)
    assert "<script>alert(1)</script>" not in html(response)


@pytest.mark.parametrize("name", NAMES)
def test_a_repeated_field_counts_once(client, answers, name):
    response = client.post(URL, answers | {name: [answers[name], answers[name]]})
    assert response.status_code == 303
    assert Application.objects.count() == 1


@pytest.mark.parametrize("typed", ["XX", "GHA", "", "0", "gh"])
def test_a_country_that_is_not_offered_is_refused(client, answers, typed):
    response = client.post(URL, answers | {"country": typed})
    assert set(response.context["form"].errors) == {"country"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"\xff\xfe=%ff&%00=%00&organisation_name=%ed%a0%80"),
        ("application/json", b"{"),
        (MULTIPART_CONTENT, b"--"),
        ("multipart/form-data", b""),
        ("text/plain; charset=no-such", b"x"),
    ],
)
def test_a_malformed_body_is_no_failure_of_ours(client, content_type, body):
    response = client.generic("POST", URL, body, content_type=content_type)
    assert response.status_code in (200, 400)
    assert not Application.objects.exists()


def test_a_body_that_is_too_large_is_refused(client, answers, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000
    body = urlencode(answers | {"why": "x" * 20_000})
    response = client.post(URL, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


def test_a_file_in_place_of_text_is_an_error_beside_the_field(client, answers):
    del answers["why"]
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in answers.items()
    ]
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="why"; filename="a.txt"\r\n\r\nx\r\n'
    )
    body = "".join(parts) + f"--{BOUNDARY}--\r\n"
    response = client.generic("POST", URL, body, content_type=MULTIPART_CONTENT)
    assert set(response.context["form"].errors) == {"why"}


def test_one_address_is_limited_and_told_so(client, answers):
    for number in range(5):
        sent = answers | {"organisation_name": f"Society {number}"}
        assert client.post(URL, sent).status_code == 303
    response = client.post(URL, answers)
    assert response.context["form"].non_field_errors()
    assert "Example Society" in html(response)
    assert Application.objects.count() == 5


def test_what_is_endorsed_can_be_read_first(client, home, joining):
    joining.purposes_page = home.add_child(
        instance=BackgroundPage(title="What we were founded for", slug="purposes", body=[])
    )
    joining.save()
    assert "What we were founded for" in html(client.get(URL))
    joining.purposes_page.unpublish()
    assert "What we were founded for" not in html(client.get(URL))
