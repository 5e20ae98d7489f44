"""Taking everything out of a file by which anybody could be known."""

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from wagtail.models import ModelLogEntry

from icrtop.accounts.models import User
from members.models.applications import Application
from members.models.ballots import Vote
from members.models.trail import ApplicationEvent
from members.retention.addresses import addresses_of, forget_addresses, letters_of
from members.retention.terms import ended_before, now
from members.services.moving import Actor, MoveNotAllowed, record
from members.states import CHANGE, ENDED_WITHOUT


@transaction.atomic
def anonymise_due(pk: int) -> bool:
    """Anonymise a file, if that is due: it may have been reopened since it was looked for."""
    application = ended_before(now()).select_for_update().filter(pk=pk).first()
    if application is None:
        return False
    _anonymise(application, Actor.site())
    return True


@transaction.atomic
def anonymise(application: Application, by: User) -> Application:
    """Anonymise a file at once, as somebody has asked for.

    Raises PermissionDenied; MoveNotAllowed for one that has not ended, or is anonymised.
    """
    if not by.has_perm(CHANGE):
        raise PermissionDenied
    locked = Application.objects.select_for_update().get(pk=application.pk)
    if locked.state not in ENDED_WITHOUT or locked.anonymised_at:
        raise MoveNotAllowed
    _anonymise(locked, Actor.staff(by))
    return locked


def _anonymise(application: Application, by: Actor) -> None:
    """What stays is the reference, the state, days, the category, the M49 region, the moves in the
    trail with the staff who made them, and how many voted how.
    """
    addresses, letters = addresses_of(application), letters_of(application)
    for kept in (
        application.people,
        application.documents,
        application.revisions,
        application.endorsements,
        application.notes,
    ):
        kept.all().delete()
    _empty_trail(application)
    Vote.objects.filter(seat__ballot__application=application).update(
        comment="", by_name="", by_email=""
    )
    application.answers = _region(application)
    application.organisation_name = application.website = ""
    application.country = None
    application.open_sections, application.answer_by = [], None
    application.anonymised_at = timezone.now()
    application.version += 1
    application.save()
    _empty_log(application)
    forget_addresses(addresses, letters)
    record(application, by, "anonymise")


def _region(application: Application) -> dict[str, str]:
    """What stays of the answers: the code of the M49 region, for the numbers of past years."""
    if application.country is None:
        return {}
    part = application.country.sub_region
    return {"region": part.parent_id or part.pk}


def _empty_trail(application: Application) -> None:
    events = application.events.all()
    events.update(note="")
    events.exclude(actor=ApplicationEvent.Actor.STAFF).update(by=None, by_name="")


def _empty_log(application: Application) -> None:
    """Wagtail's log of the admin names what was changed."""
    ModelLogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Application), object_id=str(application.pk)
    ).update(label=application.reference, data={})
