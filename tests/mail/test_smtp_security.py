"""TLS, names and passwords, against a real server with certificates of our own making."""

import ssl
import subprocess
from pathlib import Path

import pytest

from icrtop.mail import sending
from icrtop.mail.models import Delivery, State
from icrtop.mail.smtp import Connection, LoginRefused, ServerUnavailable
from tests.factories.mail import DeliveryFactory
from tests.mail.servers import PIPELINING, raw_server, real_server

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

SENDER, RECIPIENT = "info@icrtop.example", "jo@example.org"
LETTER = b"Subject: Hello\r\n\r\nHello\r\n"
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def make_authority(folder: Path, name: str) -> tuple[Path, Path]:
    """The certificate and the key of an authority, as files."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subject = ["-subj", f"/CN={name}", "-days", "2", "-addext", "keyUsage=keyCertSign"]
    subprocess.run(
        ["openssl", "req", "-x509", *KEY, *subject, "-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return certificate, key


def server_context(folder: Path, authority: tuple[Path, Path], host: str) -> ssl.SSLContext:
    """What a server at `host` shows who asks."""
    certificate, key = folder / f"{host}.pem", folder / f"{host}.server.key"
    subprocess.run(
        [
            *["openssl", "req", "-x509", *KEY, "-subj", f"/CN={host}", "-days", "2"],
            *["-CA", authority[0], "-CAkey", authority[1], "-out", certificate, "-keyout", key],
            *["-addext", f"subjectAltName=DNS:{host}", "-addext", "basicConstraints=CA:FALSE"],
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> tuple[Path, Path]:
    return make_authority(tmp_path_factory.mktemp("authority"), "Test")


@pytest.fixture
def trusted(authority, monkeypatch) -> None:
    """This machine trusts the authority, and no other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")


@pytest.fixture(scope="module")
def certificates(authority, tmp_path_factory) -> dict[str, ssl.SSLContext]:
    folder, unknown = tmp_path_factory.mktemp("server"), tmp_path_factory.mktemp("unknown")
    return {
        "right": server_context(folder, authority, "localhost"),
        "another host": server_context(folder, authority, "mail.example.org"),
        "unknown authority": server_context(
            unknown, make_authority(unknown, "Unknown"), "localhost"
        ),
    }


def options(scheme: str, context: ssl.SSLContext) -> dict:
    if scheme == "smtps":
        # It does not notice that it is behind TLS already.
        return {"implicit_tls": context, "auth_require_tls": False}
    return {"tls_context": context, "require_starttls": True}


secured = pytest.mark.parametrize("scheme", ["smtp+tls", "smtps"])


def deliver(connection: Connection) -> None:
    connection.offer(SENDER, RECIPIENT)
    assert connection.answer() is None
    connection.send(LETTER)
    assert connection.verdict().accepted
    connection.quit()


@secured
def test_a_server_with_the_right_certificate_gets_the_password_and_the_letter(
    trusted, certificates, scheme
):
    with real_server(auth_required=True, **options(scheme, certificates["right"])) as server:
        # The password contains what has a meaning in an address.
        deliver(Connection(f"{scheme}://site:p%40ss%3A%2F@localhost:{server.port}"))
    assert server.keeper.letters == [LETTER]
    assert server.keeper.logins == [(b"site", b"p@ss:/")]


@secured
@pytest.mark.parametrize(
    ("certificate", "reason"),
    [("another host", "Hostname mismatch"), ("unknown authority", "local issuer")],
)
@pytest.mark.django_db
def test_a_server_with_a_wrong_certificate_gets_nothing(
    trusted, certificates, settings, scheme, certificate, reason
):
    with real_server(auth_required=True, **options(scheme, certificates[certificate])) as server:
        settings.SMTP_URL = f"{scheme}://site:secret@localhost:{server.port}"
        with pytest.raises(ServerUnavailable, match=reason):
            Connection()
        delivery = DeliveryFactory()
        sending.send_due()
    assert (server.keeper.letters, server.keeper.logins) == ([], [])
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (State.PENDING, 0)
    assert reason in delivery.server_reply


@secured
def test_a_certificate_is_no_good_for_a_number(trusted, certificates, scheme):
    with (
        real_server(**options(scheme, certificates["right"])) as server,
        pytest.raises(ServerUnavailable, match="IP address mismatch"),
    ):
        Connection(f"{scheme}://127.0.0.1:{server.port}")


def test_a_server_that_is_trusted_by_nobody_is_refused_by_default(certificates, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with (
        real_server(implicit_tls=certificates["right"]) as server,
        pytest.raises(ServerUnavailable, match="local issuer"),
    ):
        Connection(f"smtps://localhost:{server.port}")


@pytest.mark.parametrize(
    "says", [{}, {"EHLO": PIPELINING}, {"EHLO": "250-a\r\n250 STARTTLS", "STARTTLS": "454 Later"}]
)
def test_where_tls_was_asked_for_nothing_goes_without_it(says):
    # Somebody between us and the server may have cut the offer out.
    with raw_server(**says) as server, pytest.raises(ServerUnavailable):
        Connection(server.url.replace("smtp://", "smtp+tls://site:secret@"))
    assert server.commands in (["ehlo"], ["ehlo", "STARTTLS"])


@secured
@pytest.mark.parametrize("reply", ["535 5.7.8 Wrong password", "534 5.7.9 Mechanism too weak"])
def test_a_refused_password_is_said_to_be_one(trusted, certificates, scheme, reply):
    with real_server(**options(scheme, certificates["right"])) as server:
        server.keeper.refusal = reply
        with pytest.raises(LoginRefused, match=reply[:9]):
            Connection(f"{scheme}://site:secret@localhost:{server.port}")


@secured
def test_a_server_that_cannot_look_up_passwords_now_is_away(trusted, certificates, scheme):
    with real_server(**options(scheme, certificates["right"])) as server:
        server.keeper.refusal = "454 4.7.0 Temporary authentication failure"
        with pytest.raises(ServerUnavailable, match=r"454 4\.7\.0") as caught:
            Connection(f"{scheme}://site:secret@localhost:{server.port}")
    assert not isinstance(caught.value, LoginRefused)


def test_a_server_that_takes_no_passwords_gets_none():
    with raw_server() as server, pytest.raises(ServerUnavailable) as caught:
        Connection(server.url.replace("//", "//site:secret@"))
    assert not isinstance(caught.value, LoginRefused)
    assert server.commands == ["ehlo"]


def test_a_server_next_door_may_take_a_password_without_tls():
    with real_server(auth_required=True, auth_require_tls=False) as server:
        deliver(Connection(f"smtp://site:secret@127.0.0.1:{server.port}"))
    assert server.keeper.logins == [(b"site", b"secret")]
    assert server.keeper.letters == [LETTER]


@pytest.mark.django_db
def test_a_refused_password_pauses_what_was_to_be_sent_and_blames_no_letter(settings):
    first, second = DeliveryFactory.create_batch(2)
    with real_server(auth_required=True, auth_require_tls=False) as server:
        settings.SMTP_URL = f"smtp://site:secret@127.0.0.1:{server.port}"
        server.keeper.refusal = "535 5.7.8 Wrong password"
        sending.send_due()
        assert len(server.keeper.logins) > 0
        server.keeper.logins.clear()
        sending.send_due()
        # Trying again and again is how an account gets locked.
        assert server.keeper.logins == []
    assert server.keeper.letters == []
    for delivery in (first, second):
        delivery.message.refresh_from_db()
        assert delivery.message.paused_at is not None
        assert "535 5.7.8 Wrong password" in delivery.message.reason
    letters = Delivery.objects.all()
    assert {(each.state, each.attempts, each.token) for each in letters} == {
        (State.PENDING, 0, None)
    }


@pytest.mark.django_db
def test_a_server_that_cannot_look_up_passwords_now_gets_the_letters_later(settings):
    delivery = DeliveryFactory()
    with real_server(auth_required=True, auth_require_tls=False) as server:
        settings.SMTP_URL = f"smtp://site:secret@127.0.0.1:{server.port}"
        server.keeper.refusal = "454 4.7.0 Temporary authentication failure"
        sending.send_due()
    delivery.refresh_from_db()
    assert delivery.message.paused_at is None
    assert (delivery.state, delivery.releases) == (State.PENDING, 1)
    assert delivery.server_reply.startswith("454 4.7.0")
