"""What every request passes through, whatever it asks for."""

import re

import pytest

pytestmark = pytest.mark.django_db

SURROGATE = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\\ud800\r\n--x--\r\n'


@pytest.mark.parametrize("path", ["/contact/", "/subscribe", "/account/sign-in/"])
@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "no-such-encoding"])
def test_other_encodings_are_refused(content, client, path, charset):
    kind = f"multipart/form-data; boundary=x; charset={charset}"
    answer = client.generic("POST", path, SURROGATE, content_type=kind)
    assert answer.status_code == 400
    assert "could not be read" in answer.text


def test_utf8_is_read(content, client):
    answer = client.post(
        "/contact/",
        {"name": "Amélie", "email": "wrong", "message": "…"},
        headers={"content-type": "multipart/form-data; charset=UTF-8; boundary=BoUnDaRyStRiNg"},
    )
    assert answer.status_code == 200
    assert "Amélie" in answer.text


def test_the_icon_is_where_programs_look_for_it(client):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert answer.url.startswith("/static/img/favicon")


def test_a_site_without_content_is_empty_not_broken(client, db):
    assert client.get("/").status_code == 404
    assert client.get("/Nope/").status_code == 404


def test_the_map_of_the_site_names_pages_as_they_do(content, client, settings):
    settings.BASE_URL = "https://www.example.org"
    entries = re.findall("<loc>(.*?)</loc>", client.get("/sitemap.xml").text)
    assert "https://www.example.org/contact/" in entries
    assert all(one.startswith("https://www.example.org/") for one in entries)
