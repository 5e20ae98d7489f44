import pytest
from django.core.exceptions import ValidationError
from django.forms import EmailField

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


REFUSED = [
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
]


@pytest.mark.parametrize("typed", REFUSED)
def test_refused_with_a_reason(typed):
    with pytest.raises(InvalidAddress, match=r"\.$"):
        normalise(typed)


@pytest.mark.parametrize("typed", REFUSED)
def test_a_form_refuses_the_same_and_says_so_once(typed):
    field = EmailField(max_length=254, validators=[validate_deliverable])
    with pytest.raises(ValidationError) as refusal:
        field.clean(typed)
    # Only what is too long besides, or has a NUL besides, is two mistakes.
    assert len(refusal.value.messages) == (2 if len(typed) > 254 or "\0" in typed else 1)
