import pytest

from icrtop.mail.checks import check_mail_settings


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SMTP_URL", "smtp+tls://user:pass@mail.example:587", []),
        ("SMTP_URL", "mail.example:25", ["icrtop.mail.E001"]),
        ("SMTP_URL", "", ["icrtop.mail.E001"]),
        ("DEFAULT_FROM_EMAIL", "The Coalition", ["icrtop.mail.E002"]),
    ],
)
def test_settings_that_would_stop_all_mail_are_refused(settings, name, value, expected):
    setattr(settings, name, value)
    assert [error.id for error in check_mail_settings()] == expected
