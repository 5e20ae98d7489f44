"""The people of an organisation who fill an application in together."""

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from icrtop.mail.addresses import deliverable, mailbox, normalise
from icrtop.mail.headers import one_line
from icrtop.mail.letters import absolute, tidy_text
from icrtop.mail.models import Message
from icrtop.mail.services import Recipient, queue_message
from icrtop.ratelimit import allow
from members.letters import site_settings
from members.models.applications import Application, ApplicationPerson
from members.services.moving import Actor, record
from members.states import OPEN, State

MOST_PEOPLE = 10
# How many letters one person may have us write, and how many an address gets from everybody.
LETTERS_BY_ONE = "10/hour"
LETTERS_TO_ONE = "3/day"


class CannotInvite(Exception):
    """Nobody more can be invited; the message, for the applicant, says why."""


class CannotRemove(Exception):
    """The person has to stay: there is nobody else who could go on with the application."""


def takes_people(application: Application) -> bool:
    """Whether there is anything that people could do with it together."""
    return application.state in (State.DRAFT, *OPEN) and not application.anonymised_at


@transaction.atomic
def invite(application: Application, email: str, by: str) -> None:
    """Have somebody at an address fill the application in too, and write to them.

    `by` is the verified address of who invites. Who has joined already gets no letter; who has not
    gets another one. Raises CannotInvite, InvalidAddress.
    """
    normalised = normalise(email)
    locked = Application.objects.select_for_update().get(pk=application.pk)
    if not takes_people(locked) or not locked.people.filter(normalised=by).exists():
        raise CannotInvite(gettext("Nobody can be invited to this application any more."))
    person = locked.people.filter(normalised=normalised).first()
    if person and person.joined_at:
        return
    if person is None and locked.people.count() >= MOST_PEOPLE:
        raise CannotInvite(
            gettext("There are %(most)d people already. Remove somebody first.")
            % {"most": MOST_PEOPLE}
        )
    if not allow(LETTERS_BY_ONE, "apply:invite-by", by):
        raise CannotInvite(gettext("You have invited many people. Please try again in an hour."))
    if not allow(LETTERS_TO_ONE, "apply:invite-to", mailbox(email)):
        raise CannotInvite(
            gettext("This address has been sent enough invitations. Please try again tomorrow.")
        )
    if person is None:
        person = ApplicationPerson.objects.create(
            application=locked, email=deliverable(email), normalised=normalised, invited_by=by
        )
    event = record(locked, Actor.applicant(by), "invite", note=person.email)
    event.messages.add(_write(locked, person, by))


def _write(application: Application, person: ApplicationPerson, by: str) -> Message:
    with override(application.language):
        subject = gettext("You are invited to fill in an application to join the Coalition")
        body = render_to_string(
            "members/letters/invited.txt",
            {
                "application": application,
                "by": by,
                "status_url": absolute(application.get_absolute_url()),
                "site_name": settings.WAGTAIL_SITE_NAME,
            },
        )
    answers_to = site_settings().email
    return queue_message(
        to=[Recipient(person.email)],
        subject=one_line(f"{subject} ({application.reference})"),
        purpose="members.invited",
        template="members/letter",
        context={"body": tidy_text(body), "subject": subject},
        headers={"Reply-To": answers_to} if answers_to else {},
        language=application.language,
    )


@transaction.atomic
def remove(application: Application, person_id: int, by: str) -> str:
    """Take somebody off an application, and return their address; "" if they are off already.

    Raises CannotRemove for the last one who has joined.
    """
    locked = Application.objects.select_for_update().get(pk=application.pk)
    person = locked.people.filter(pk=person_id).first()
    if person is None or not locked.people.filter(normalised=by).exists():
        return ""
    others = locked.people.exclude(pk=person.pk).filter(joined_at__isnull=False)
    if not others.exists():
        raise CannotRemove
    person.delete()
    record(locked, Actor.applicant(by), "remove_person", note=person.email)
    return person.normalised
