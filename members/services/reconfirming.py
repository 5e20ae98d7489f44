"""The yearly question whether a member's details are still right.

Nothing ends by itself: who does not answer is reminded twice, and then shown to staff. Each run is
bounded and may be repeated. At most 20 organisations are asked in a day, the longest unconfirmed
first, so that a site whose members all have focal points of long standing does not write to
everybody on its first day.
"""

import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.services import Recipient
from members import links
from members.models.focal_points import FocalPoint
from members.models.membership_settings import MembershipSettings
from members.models.organisations import Membership, Organisation
from members.models.profiles import Reconfirmation
from members.months import months_before
from members.services.recording import SITE, Person, lock, record, write

REMINDERS = 2
ASKED_PER_DAY = 20
REMINDED_PER_RUN = 100

CHANGE_TERM = "members.change_membership"


def asked_nobody() -> QuerySet[Membership]:
    """Terms that go on, and nobody can be asked about: their organisations have no focal points."""
    return Membership.objects.current().filter(~_has_focal_points())


def due() -> QuerySet[Membership]:
    """Terms that go on and were last confirmed, or began, too long ago; nobody has been asked yet.

    Those without a focal point are not among them. The longest unconfirmed come first.
    """
    before = months_before(timezone.now(), MembershipSettings.current().reconfirm_months)
    never = Q(confirmed_at=None, since__lte=timezone.localdate(before).isoformat())
    asked = Reconfirmation.objects.filter(membership=OuterRef("pk"), confirmed_at=None)
    return (
        Membership.objects.current()
        .filter(Q(confirmed_at__lte=before) | never)
        .filter(_has_focal_points(), ~Exists(asked))
        .order_by("confirmed_at", "since", "pk")
    )


def ask_and_remind() -> None:
    """Ask whom it is time to ask, and remind those who have not answered; called every hour."""
    now = timezone.now()
    today = Reconfirmation.objects.filter(asked_at__gt=now - datetime.timedelta(days=1)).count()
    for membership in due().values_list("pk", flat=True)[: max(0, ASKED_PER_DAY - today)]:
        _ask(membership)
    for question in to_remind().values_list("pk", flat=True)[:REMINDED_PER_RUN]:
        _remind(question)


def to_remind() -> QuerySet[Reconfirmation]:
    """Questions without an answer that it is time to repeat."""
    wait = datetime.timedelta(days=MembershipSettings.current().reconfirm_reminder_days)
    before = timezone.now() - wait
    people = FocalPoint.objects.filter(organisation=OuterRef("membership__organisation"))
    return (
        Reconfirmation.objects.unanswered()
        .filter(Exists(people), reminders__lt=REMINDERS)
        .filter(Q(reminded_at=None, asked_at__lte=before) | Q(reminded_at__lte=before))
        .order_by("asked_at")
    )


@transaction.atomic
def confirm(question: Reconfirmation, by: Person) -> bool:
    """Take the answer that all is right; False if it was given before, or the term is over."""
    organisation = lock(question.membership.organisation)
    return answer_by(organisation, by, question)


@transaction.atomic
def confirm_now(organisation: Organisation, by: Person) -> bool:
    """The same, of whoever is signed in for the organisation, asked or not."""
    return answer_by(lock(organisation), by, unasked=True)


@transaction.atomic
def record_confirmation(organisation: Organisation, by: User, note: str) -> bool:
    """Note that an organisation has said so in another way, such as by telephone.

    `note` says who has said it, and how. Raises PermissionDenied.
    """
    if not by.has_perm(CHANGE_TERM):
        raise PermissionDenied
    return answer_by(lock(organisation), Person.staff(by), unasked=True, note=note)


def answer_by(
    organisation: Organisation,
    by: Person,
    question: Reconfirmation | None = None,
    *,
    unasked: bool = False,
    note: str = "",
) -> bool:
    """Note an answer in the caller's transaction, which holds the organisation.

    It answers `question` and no other, or whichever is open, or with `unasked` none. Returns
    whether there was anything to note.
    """
    term = organisation.memberships.current().first()
    if term is None:
        return False
    open_one = term.reconfirmations.filter(confirmed_at=None).first()
    if question is not None and question != open_one:
        return False
    if open_one is None and not unasked:
        return False
    now = timezone.now()
    if open_one:
        open_one.confirmed_at, open_one.by_name, open_one.by_email = now, by.name, by.address
        open_one.save()
    # No page shows it, so the cache is not emptied.
    Membership.objects.filter(pk=term.pk).update(confirmed_at=now)
    record(organisation, by, "reconfirmed", note.strip())
    return True


@transaction.atomic
def _ask(membership: int) -> None:
    term = Membership.objects.current().select_for_update(skip_locked=True).filter(pk=membership)
    if not term.filter(pk__in=due()).exists():
        return
    found = term.get()
    question = Reconfirmation.objects.create(membership=found, asked_at=timezone.now())
    _write(question, "asked", "reconfirm")


@transaction.atomic
def _remind(key: int) -> None:
    held = Reconfirmation.objects.select_for_update(skip_locked=True).filter(pk=key).first()
    if held is None or not to_remind().filter(pk=key).exists():
        return
    held.reminders += 1
    held.reminded_at = timezone.now()
    held.save()
    _write(held, "reminded", "reconfirm_reminder")


def _write(question: Reconfirmation, action: str, letter: str) -> None:
    """A letter to each focal point, with a link of their own: the trail shall say who answered."""
    organisation = question.membership.organisation
    event = record(organisation, SITE, action)
    for one in organisation.focal_points.all():
        facts = {"confirm_url": links.reconfirm_url(question, one), "days": links.RECONFIRM_DAYS}
        write(event, letter, [Recipient(one.email, one.name)], facts)


def _has_focal_points() -> Exists:
    return Exists(FocalPoint.objects.filter(organisation=OuterRef("organisation")))
