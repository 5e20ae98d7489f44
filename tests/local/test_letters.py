"""The mail sink, and the pages that show what it kept."""

import smtplib
import socket
import subprocess
import sys
from email.message import EmailMessage

import pytest
from django.http import HttpResponseNotFound
from django.test import override_settings
from django.urls import include, path

from icrtop.local import letters, sink, views
from icrtop.local.probes import mail_server_greets
from tests.local.runs import ROOT

pytestmark = pytest.mark.django_db  # Redirects are looked for where nothing is found.

urlpatterns = [
    path("admin/login/", lambda request: None, name="wagtailadmin_login"),
    path("dev/mail/", include("icrtop.local.urls")),
    path("media/<path:path>", views.media),
]


def handler404(request, exception):
    return HttpResponseNotFound()


@pytest.fixture
def folder(tmp_path):
    with override_settings(DEV_MAIL_DIR=tmp_path, ROOT_URLCONF=__name__):
        yield tmp_path


def letter(subject: str = "Prüfung") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "ICRtoP <info@example.org>"
    message["To"] = "Ana <ana@example.org>"
    message["Subject"] = subject
    message.set_content(
        "Confirm: https://example.org/confirm/?a=1&b=2\n<script>alert(1)</script>\n"
    )
    message.add_alternative("<p>Hello</p><script>alert(1)</script>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="résumé.pdf")
    return message


def test_the_sink_keeps_a_letter_with_its_envelope(folder):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port, fd = listener.getsockname()[1], listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "icrtop.local.sink", str(folder), str(fd)],
            cwd=ROOT,
            pass_fds=[fd],
        )
    try:
        while not mail_server_greets(port):
            assert process.poll() is None
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.send_message(
                letter(), "bounce@example.org", ["ana@example.org", "ben@example.org"]
            )
    finally:
        process.terminate()
        assert process.wait(10) == 0
    (entry,) = letters.entries(folder)
    assert entry.sender == "bounce@example.org"
    assert entry.recipients == ["ana@example.org", "ben@example.org"]
    assert entry.subject == "Prüfung"
    assert b"\r\nConfirm: https://example.org/confirm/" in letters.raw(folder, entry.name)


def test_only_the_latest_letters_are_kept(folder, monkeypatch):
    monkeypatch.setattr(sink, "KEPT_LETTERS", 3)
    for number in range(5):
        sink.keep(folder, "a@example.org", ["b@example.org"], letter(f"No. {number}").as_bytes())
    assert [one.subject for one in letters.entries(folder)] == ["No. 4", "No. 3", "No. 2"]
    assert len(list(folder.iterdir())) == 3


def test_letters_are_listed_and_found_by_address(client, folder):
    assert "No letter yet." in client.get("/dev/mail/").text
    sink.keep(folder, "a@example.org", ["Ana@example.org"], letter("For Ana").as_bytes())
    sink.keep(folder, "a@example.org", ["ben@example.org"], letter("For Ben").as_bytes())
    page = client.get("/dev/mail/").text
    assert page.index("For Ben") < page.index("For Ana")
    page = client.get("/dev/mail/", {"q": "ana@"}).text
    assert "For Ana" in page
    assert "For Ben" not in page


def test_a_letter_is_shown_without_its_teeth(client, folder):
    name = sink.keep(folder, "a@example.org", ["ana@example.org"], letter().as_bytes())
    address = f"/dev/mail/{name.removesuffix('.eml')}"
    page = client.get(f"{address}/").text
    assert '<a href="https://example.org/confirm/?a=1&amp;b=2"' in page
    assert "<script>" not in page
    assert "résumé.pdf" in page
    html = client.get(f"{address}/html/")
    assert "<p>Hello</p>" in html.text
    assert "sandbox" in html["Content-Security-Policy"]
    assert "default-src 'none'" in html["Content-Security-Policy"]
    source = client.get(f"{address}.eml")
    assert source["Content-Disposition"].startswith("attachment")
    assert source.content == (folder / name).read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no header at all",
        b"Subject: =?nonsense?q?x?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
    ],
)
def test_a_malformed_letter_is_shown_all_the_same(client, folder, content):
    name = sink.keep(folder, "", ["ana@example.org"], content).removesuffix(".eml")
    assert client.get("/dev/mail/").status_code == 200
    assert client.get(f"/dev/mail/{name}/").status_code == 200


@pytest.mark.parametrize("name", ["nothing", "0" * 20 + "-abcdef01", "secret-key"])
def test_what_is_no_letter_is_not_found(client, folder, name):
    for ending in ("/", "/html/", ".eml"):
        assert client.get(f"/dev/mail/{name}{ending}").status_code == 404


def test_from_another_machine_only_staff_may_read(client, folder, django_user_model):
    sink.keep(folder, "a@example.org", ["ana@example.org"], letter("Secret").as_bytes())
    answer = client.get("/dev/mail/", REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 403
    assert "Secret" not in answer.text
    client.force_login(django_user_model.objects.create_superuser("staff@example.org", "x" * 12))
    assert "Secret" in client.get("/dev/mail/", REMOTE_ADDR="192.0.2.7").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("images/a.txt", 200),
        ("documents/secret.txt", 404),
        ("./documents/secret.txt", 404),
        ("images/../documents/secret.txt", 404),
        ("/documents/secret.txt", 404),
    ],
)
def test_uploads_are_served_but_for_documents(client, settings, tmp_path, path, status):
    settings.MEDIA_ROOT = tmp_path
    settings.ROOT_URLCONF = __name__
    for name in ("images/a.txt", "documents/secret.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    assert client.get(f"/media/{path}").status_code == status
