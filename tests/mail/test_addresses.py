import pytest
from django.core.exceptions import ValidationError

from icrtop.mail.addresses import InvalidAddress, deliverable, normalise, validate_deliverable


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("Jo.Blow@Example.ORG", "jo.blow@example.org"),
        ("  jo@example.org ", "jo@example.org"),
        ("Jo+news@example.org", "jo+news@example.org"),
        ("jo@Bücher.example", "jo@xn--bcher-kva.example"),
        ("jo@XN--bcher-kva.example", "jo@xn--bcher-kva.example"),
        ('"Jo..Blow"@example.org', '"jo..blow"@example.org'),
    ],
)
def test_normalising(typed, compared):
    assert normalise(typed) == compared
    assert normalise(normalise(typed)) == compared


def test_the_local_part_is_written_to_as_typed():
    assert deliverable("Jo.Blow@Bücher.Example") == "Jo.Blow@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "jo",
        "jo@",
        "@example.org",
        "Jo <jo@example.org>",
        "jo@example.org\r\nRCPT TO:<other@example.org>",
        "jo@example.org\0",
        '"jo\x01"@example.org',
        "jo\u2028@example.org",
        "jö@example.org",
        "\u212aelvin@example.org",
        "jo@" + "é" * 62 + ".org",
        "a" * 400 + "@example.org",
        "jo@example.org, other@example.org",
    ],
)
def test_refused_with_a_reason(typed):
    with pytest.raises(InvalidAddress, match=r"\.$"):
        normalise(typed)
    with pytest.raises(ValidationError):
        validate_deliverable(typed)
