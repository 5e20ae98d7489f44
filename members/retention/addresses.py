"""The addresses that a file holds, and the letters that went to them: found, and forgotten."""

from collections.abc import Iterable

from django.db.models import Q
from django.db.models.deletion import ProtectedError

from icrtop.accounts.models import User
from icrtop.mail.addresses import InvalidAddress, normalise
from icrtop.mail.erasing import erase_address, erase_messages
from icrtop.mail.models import Message
from members.models.applications import Application, ApplicationPerson
from members.models.focal_points import FocalPoint
from members.models.trail import ApplicationEvent

# What a letter about an account is for: the codes to sign in.
ACCOUNT_LETTERS = "accounts."


def addresses_of(application: Application) -> set[str]:
    """Every address in a file, normalised: of its people, of those who left, of its answers."""
    events = application.events.all()
    told = [
        *application.people.values_list("email", flat=True),
        *application.revisions.values_list("by_email", flat=True),
        *application.endorsements.values_list("by_email", flat=True),
        *application.documents.values_list("added_by", flat=True),
        *events.filter(actor=ApplicationEvent.Actor.APPLICANT).values_list("by_name", flat=True),
        *events.filter(action__in=["invite", "remove_person"]).values_list("note", flat=True),
    ]
    for answers in (application.answers, *application.revisions.values_list("answers", flat=True)):
        told += [value for value in answers.values() if isinstance(value, str) and "@" in value]
    return {found for each in told if (found := _normalised(each))}


def letters_of(application: Application) -> list[int]:
    """The keys of the messages that the trail of an application refers to."""
    found = Message.objects.filter(application_events__application=application)
    return list(found.values_list("pk", flat=True).distinct())


def forget_addresses(addresses: Iterable[str], letters: Iterable[int]) -> None:
    """Erase these letters, and what else the site has of these addresses only for applications.

    That is letters with codes and accounts. An address that belongs to another application, to a
    focal point or to staff keeps those. In the caller's transaction, once the file has let go.
    """
    erase_messages(Message.objects.filter(pk__in=list(letters)))
    for address in addresses:
        if _is_needed(address):
            continue
        erase_address(address, Message.objects.filter(purpose__startswith=ACCOUNT_LETTERS))
        _delete_account(address)


def _is_needed(address: str) -> bool:
    return (
        ApplicationPerson.objects.filter(normalised=address).exists()
        or FocalPoint.objects.filter(normalised=address).exists()
        or User.objects.filter(email__iexact=address).filter(_is_staff()).exists()
    )


def _is_staff() -> Q:
    return Q(is_superuser=True) | Q(groups__isnull=False) | Q(user_permissions__isnull=False)


def _delete_account(address: str) -> None:
    for user in User.objects.filter(email__iexact=address):
        try:
            user.delete()
        except ProtectedError:
            # Something of the site's content refers to it: then it is no applicant's alone.
            continue


def _normalised(text: str) -> str:
    try:
        return normalise(text)
    except InvalidAddress:
        return ""
