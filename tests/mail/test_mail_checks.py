"""Settings that are refused when the site starts, and what is said about them."""

import pytest

from icrtop.mail.checks import check_mail_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "smtp+tls://user:pass@mail.example:587"),
        ("MAIL_CONNECTIONS", 1),
        ("MAIL_MISSED_AFTER_HOURS", 1),
        ("MAIL_RATE", ""),
        ("MAIL_RATE", "10/second"),
        ("MAIL_RATE", "500 per 2 hours"),
        ("MAIL_DOMAIN_RATES", {}),
        ("MAIL_DOMAIN_RATES", {"example.org": "5/second", "*": "100/minute"}),
        ("MAIL_DOMAIN_RATES", {"xn--bcher-kva.example": "5/second"}),
        ("MAIL_BOUNCE_ADDRESS", ""),
        ("MAIL_BOUNCE_ADDRESS", "bounces@example.org"),
        ("MAIL_BOUNCE_ADDRESS", "bounces+site@bücher.example"),
        # 27 of 64: "+", a number of up to 19 digits, "-" and 16 characters come behind it.
        ("MAIL_BOUNCE_ADDRESS", "b" * 27 + "@example.org"),
    ],
)
def test_settings_that_work_are_accepted(settings, name, value):
    setattr(settings, name, value)
    assert check_mail_settings() == []


@pytest.mark.parametrize(
    ("name", "value", "key", "says"),
    [
        ("SMTP_URL", "mail.example:25", "E001", "smtp, smtp+tls, smtps"),
        ("SMTP_URL", "", "E001", "smtp, smtp+tls, smtps"),
        ("DEFAULT_FROM_EMAIL", "The Coalition", "E002", "not an e-mail address"),
        ("MAIL_CONNECTIONS", 0, "E003", "less than 1"),
        ("MAIL_CONNECTIONS", -4, "E003", "less than 1"),
        ("MAIL_MISSED_AFTER_HOURS", 0, "E004", "less than 1"),
        ("MAIL_RATE", "fast", "E005", "'fast' is no rate such as 10/second"),
        ("MAIL_RATE", "10", "E005", "no rate such as"),
        ("MAIL_RATE", "10/fortnight", "E005", "no rate such as"),
        ("MAIL_RATE", "-1/second", "E005", "no rate such as"),
        ("MAIL_RATE", "0/second", "E005", "lets no letter leave"),
        ("MAIL_RATE", "10/second; 100/hour", "E005", "only the first would count"),
        ("MAIL_DOMAIN_RATES", {"example.org": "much"}, "E006", "'example.org': 'much' is no rate"),
        ("MAIL_DOMAIN_RATES", {"example.org": ""}, "E006", "'example.org': '' is no rate"),
        ("MAIL_DOMAIN_RATES", {"*": "0/hour"}, "E006", "lets no letter leave"),
        ("MAIL_DOMAIN_RATES", {"Example.ORG": "1/hour"}, "E006", "as example.org."),
        ("MAIL_DOMAIN_RATES", {"bücher.example": "1/hour"}, "E006", "as xn--bcher-kva.example."),
        ("MAIL_DOMAIN_RATES", {"": "1/hour"}, "E006", "neither a domain nor *"),
        ("MAIL_DOMAIN_RATES", {"jo@example.org": "1/hour"}, "E006", "neither a domain nor *"),
        ("MAIL_BOUNCE_ADDRESS", "bounces", "E007", "not an e-mail address"),
        ("MAIL_BOUNCE_ADDRESS", "Bounces <bounces@example.org>", "E007", "not an e-mail address"),
        ("MAIL_BOUNCE_ADDRESS", "bounces@example.org\n.x", "E007", "control characters"),
        ("MAIL_BOUNCE_ADDRESS", "b" * 28 + "@example.org", "E008", "1 characters too long"),
        ("MAIL_BOUNCE_ADDRESS", "b" * 64 + "@example.org", "E008", "37 characters too long"),
        ("MAIL_BOUNCE_ADDRESS", '"boun ces"@example.org', "E007", "not an e-mail address"),
        ("MAIL_BOUNCE_ADDRESS", '"bounces"@example.org', "E009", "cannot be added"),
        ("MAIL_BOUNCE_ADDRESS", f"b@{'d' * 60}.{'d' * 60}.{'d' * 60}.{'d' * 50}.org", "E009", "sh"),
    ],
)
def test_settings_that_would_stop_mail_are_refused(settings, name, value, key, says):
    setattr(settings, name, value)
    (error,) = check_mail_settings()
    assert error.id == f"icrtop.mail.{key}"
    assert name in error.msg
    assert says in error.msg


def test_everything_that_is_wrong_is_said_at_once(settings):
    settings.SMTP_URL = ""
    settings.MAIL_RATE = "fast"
    settings.MAIL_DOMAIN_RATES = {"a.example": "fast", "b.example": "1/second", "c.example": "0/s"}
    settings.MAIL_BOUNCE_ADDRESS = "bounces"
    assert [error.id.rpartition(".")[2] for error in check_mail_settings()] == [
        *("E001", "E005", "E006", "E006", "E007")
    ]
