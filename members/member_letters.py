"""The letters to and about members: drafted from templates, and put into the outbox.

A letter is plain text in templates/members/letters/<name>.txt, as those of `members.letters` are.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from icrtop.mail.headers import one_line
from icrtop.mail.letters import absolute, tidy_text
from icrtop.mail.models import Message
from icrtop.mail.services import Recipient, queue_message
from members.letters import site_settings
from members.models.focal_points import FocalPoint
from members.models.organisations import Organisation

TO_FOCAL_POINTS: dict[str, Promise] = {
    "profile_public": _("Your profile is public"),
    "listing_changed": _("What the public sees of your organisation"),
    "change_approved": _("Your change of the profile is approved"),
    "change_declined": _("About the change of the profile that you proposed"),
    "focal_point_added": _("You are a focal point now"),
    "focal_points_changed": _("A change of your focal points"),
    "new_address": _("Please confirm your new address"),
    "reconfirm": _("Once a year: is everything still right?"),
    "reconfirm_reminder": _("A reminder: is everything still right?"),
    "resigned": _("Your membership has ended"),
    "ended": _("Your membership has ended"),
}
TO_SECRETARIAT: dict[str, Promise] = {
    "notice_profile": _("A new member has checked its profile"),
    "notice_change": _("A member proposes a change"),
    "notice_listing": _("A member has changed what the public sees of it"),
    "notice_voter": _("Somebody who votes has another address"),
    "notice_resigned": _("A member has resigned"),
}


def draft(
    organisation: Organisation, name: str, facts: Mapping[str, Any] | None = None
) -> tuple[str, str]:
    """The subject and the text of a letter. `facts` is what its template needs beside the links."""
    with override(settings.LANGUAGE_CODE):
        kinds = TO_FOCAL_POINTS if name in TO_FOCAL_POINTS else TO_SECRETARIAT
        # Names are as long as their organisations like; a subject is not.
        subject = one_line(f"{kinds[name]}: {organisation.name[:120]}")
        body = render_to_string(
            f"members/letters/{name}.txt",
            {
                "organisation": organisation,
                "organisation_url": absolute(
                    reverse("organisation:organisation", args=[organisation.slug])
                ),
                "admin_url": absolute(reverse("organisations:inspect", args=[organisation.pk])),
                **(facts or {}),
            },
        )
    return subject, tidy_text(body)


def write(
    organisation: Organisation,
    name: str,
    to: Iterable[Recipient],
    facts: Mapping[str, Any] | None = None,
    *,
    body: str = "",
    answers_to: str = "",
) -> Message | None:
    """Put a letter into the outbox; None if there is nobody to send it to.

    `body` is the text in the words that staff gave it. Answers go to the secretariat, or to
    `answers_to`. Raises InvalidAddress or InvalidMessage, see `queue_message`.
    """
    recipients = list(to)
    if not recipients:
        return None
    subject, drafted = draft(organisation, name, facts)
    reply_to = answers_to or site_settings().email
    return queue_message(
        to=recipients,
        subject=subject,
        purpose=f"members.{name}",
        template="members/letter",
        context={"body": body or drafted, "subject": subject},
        headers={"Reply-To": reply_to} if reply_to else {},
        language=settings.LANGUAGE_CODE,
    )


def focal_points_of(organisation: Organisation, *but: str) -> list[Recipient]:
    """All focal points of an organisation but those of some normalised addresses."""
    people = FocalPoint.objects.filter(organisation=organisation).exclude(normalised__in=but)
    return [Recipient(one.email, one.name) for one in people]


def secretariat() -> list[Recipient]:
    return [Recipient(site_settings().letters_to)]
