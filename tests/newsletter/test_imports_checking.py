"""What the check says of each row, and that it changes nothing."""

import pytest

from icrtop.mail import control
from icrtop.mail.models import Suppression
from newsletter.models import ErasedAddress, SubscriberImport
from newsletter.services import erasing
from newsletter.services.leaving import unsubscribe
from tests.factories.newsletter import (
    MailingListFactory,
    SubscriberFactory,
    SubscriptionFactory,
)
from tests.newsletter.importing import checked, stored, verdicts

pytestmark = pytest.mark.django_db


@pytest.fixture
def bulletin():
    return MailingListFactory(name="Bulletin")


@pytest.fixture
def events():
    return MailingListFactory(name="Events")


def only_row(batch: SubscriberImport):
    (row,) = batch.rows.all()
    return row


def test_a_check_counts_and_changes_nothing(bulletin):
    SubscriptionFactory(subscriber__email="on@example.org", mailing_list=bulletin, confirmed=True)
    before = stored()
    batch = checked("new@example.org,New,,", "on@example.org,,,", "nonsense,,,", lists=[bulletin])
    assert batch.state == SubscriberImport.State.CHECKED
    assert batch.counts == {"new": 1, "known": 1, "malformed": 1}
    assert verdicts(batch) == [(2, "new"), (3, "known"), (4, "malformed")]
    assert stored() == before


def test_the_file_itself_is_forgotten_when_it_is_checked(bulletin):
    batch = checked("new@example.org,,,", lists=[bulletin])
    assert not hasattr(batch, "file")


def test_a_row_keeps_what_is_to_be_imported(bulletin):
    row = only_row(checked(" Jo@Bücher.example ,Jo\u2028 Doe,FR,ke; UGA,", lists=[bulletin]))
    assert (row.email, row.normalised) == ("Jo@Bücher.example", "jo@xn--bcher-kva.example")
    assert (row.name, row.language, row.countries) == ("Jo Doe", "fr", ["KE", "UG"])


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", "es"), ("en", "en"), (" French ", "fr"), ("pt-BR", "pt"), ("ZH_hans", "zh")],
)
def test_languages_are_codes_or_names(bulletin, typed, code):
    row = only_row(checked(f"jo@example.org,,{typed},", lists=[bulletin], language="es"))
    assert row.language == code


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",Jo,,", "no e-mail address"),
        ("nonsense,Jo,,", "not an e-mail address"),
        ("Jo <jo@example.org>,,,", "not an e-mail address"),
        ("jo@example.org;kim@example.org,,,", "not an e-mail address"),
        ("jo@exa\u0007mple.org,,,", "control characters"),
        ("\u212a@example.org,,,", "mail servers refuse"),
        (f"jo@{'a' * 300}.org,,,", "too long"),
        (f"jo@{'a\u00ad' * 140}.org,,,", "too long"),
        (f"jo@example.org,{'x' * 201},,", "more than 200 characters"),
        ("jo@example.org,,tlh,", "none of the languages"),
        ("jo@example.org,,en,KE XX", "“XX” is not the code"),
        ("jo@example.org,,en,Kenya", "“KENYA” is not the code"),
        ("jo@example.org,Jo,en,KE,more", "more cells than names"),
    ],
)
def test_a_row_with_a_mistake_says_which(bulletin, row, says):
    batch = checked("a@example.org,,,", row, lists=[bulletin])
    assert verdicts(batch) == [(2, "new"), (3, "malformed")]
    assert says in batch.rows.get(line=3).why


def test_the_same_mailbox_twice_is_known_however_it_is_spelt(bulletin):
    batch = checked(
        "jo@bücher.example,First,,",
        "JO@xn--bcher-kva.example,Second,,",
        "Jo@BÜCHER.example,Third,,",
        "kim@example.org,,,",
        lists=[bulletin],
    )
    assert batch.counts == {"new": 2, "duplicate": 2}
    assert verdicts(batch) == [(2, "new"), (3, "duplicate"), (4, "duplicate"), (5, "new")]
    assert set(batch.rows.filter(verdict="duplicate").values_list("why", flat=True)) == {
        "The same as in line 2."
    }


def test_a_row_with_a_mistake_is_nobodys_first(bulletin):
    batch = checked("jo@example.org,,tlh,", "jo@example.org,,,", lists=[bulletin])
    assert verdicts(batch) == [(2, "malformed"), (3, "new")]


@pytest.mark.parametrize(
    ("on_bulletin", "on_events", "verdict"),
    [
        ("confirmed", "confirmed", "known"),
        ("confirmed", None, "adding"),
        (None, None, "adding"),
        ("pending", None, "adding"),
        ("confirmed", "pending", "adding"),
        ("unsubscribed", None, "left"),
        ("unsubscribed", "unsubscribed", "left"),
        ("unsubscribed", "confirmed", "left"),
        ("unsubscribed", "pending", "adding"),
    ],
)
def test_what_becomes_of_the_known(bulletin, events, on_bulletin, on_events, verdict):
    subscriber = SubscriberFactory(email="jo@example.org")
    for mailing_list, state in ((bulletin, on_bulletin), (events, on_events)):
        if state:
            traits = {} if state == "pending" else {state: True}
            SubscriptionFactory(subscriber=subscriber, mailing_list=mailing_list, **traits)
    batch = checked("JO@example.org,,,", lists=[bulletin, events])
    assert batch.counts == {verdict: 1}


def test_whoever_left_the_only_list_is_not_put_on_another(bulletin, events):
    subscription = SubscriptionFactory(
        subscriber__email="jo@example.org", mailing_list=bulletin, confirmed=True
    )
    unsubscribe(subscription.subscriber, how="link")
    assert checked("jo@example.org,,,", lists=[events]).counts == {"left": 1}


def test_suppressed_and_erased_addresses_are_left_out(bulletin):
    control.suppress("bounced@example.org", Suppression.Reason.BOUNCED)
    erasing.erase(SubscriberFactory(email="erased@example.org"), how="asked")
    batch = checked(
        "Bounced@example.org,,,", "ERASED@example.org,,,", "new@example.org,,,", lists=[bulletin]
    )
    assert verdicts(batch) == [(2, "suppressed"), (3, "erased"), (4, "new")]


def test_an_address_that_was_erased_under_an_older_key_is_known(bulletin, settings):
    erasing.erase(SubscriberFactory(email="erased@example.org"), how="asked")
    assert ErasedAddress.objects.count() == 1
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" + "y" * 50
    assert checked("erased@example.org,,,", lists=[bulletin]).counts == {"erased": 1}


def test_what_is_known_of_one_file_is_not_taken_for_another(bulletin):
    first = checked("jo@example.org,,,", lists=[bulletin])
    second = checked("jo@example.org,,,", "kim@example.org,,,", lists=[bulletin])
    assert (first.counts, second.counts) == ({"new": 1}, {"new": 2})
