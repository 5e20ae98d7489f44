"""The page of a message: its progress, what can be done with it, who did what, and the letter."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import registry

from icrtop.mail.admin.actions import actions_for
from icrtop.mail.admin.counting import shared_progress
from icrtop.mail.admin.standing import (
    HELD,
    Standing,
    in_words,
    short_and_rest,
    standing_of,
    with_standing,
)
from icrtop.mail.admin.wording import duration, moment, numbered, purpose_in_words, rate
from icrtop.mail.attachments import from_rows
from icrtop.mail.composing import merge_fields
from icrtop.mail.models import LEASED, Message, State
from icrtop.mail.progress import Progress
from icrtop.mail.readonly import ReadOnlyInspectView

# Seconds between two looks at a message: while it is sent, and while nothing but a person or the
# clock moves it on.
OFTEN, RARELY = 2.5, 15

# What is counted on the page of a message, and the states that belong together there.
NUMBERS: tuple[tuple[str | Promise, tuple[State, ...]], ...] = (
    (_("sent"), (State.SENT,)),
    (_("waiting"), (State.PENDING,)),
    (_("being sent"), LEASED),
    (_("refused for now"), (State.DEFERRED,)),
    (_("refused"), (State.FAILED,)),
    (_("perhaps sent"), (State.UNCERTAIN,)),
    (_("not sent: address suppressed"), (State.SUPPRESSED,)),
    (_("not sent: cancelled"), (State.CANCELLED,)),
)


def letters_url(
    user: PermissionsMixin | AnonymousUser, message: Message, *states: State
) -> str | None:
    """The list of a message's letters in these states, for those who may see it."""
    if not user.has_perm("mail.view_delivery"):
        return None
    query = [("message", str(message.pk)), *(("state", state.value) for state in states)]
    return f"{reverse('outbox:index')}?{urlencode(query)}"


class MessageInspectView(ReadOnlyInspectView):
    page_title = _("Message")
    action_url_name = ""
    progress_url_name = ""

    def get_object(self, queryset: Any = None) -> Message:
        message: Message = get_object_or_404(with_standing(Message.objects.all()), pk=self.pk)
        return message

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**self.watched(), **self.described(), **kwargs)

    def watched(self) -> dict[str, Any]:
        """What changes while letters are sent."""
        message, user = self.object, self.request.user
        now = shared_progress(message)
        standing = standing_of(message)
        label, rest = short_and_rest(message)
        percent = now.done * 100 // now.total if now.total else 100
        return {
            "object": message,
            "label": label,
            "rest": rest,
            # Reasons bring a full stop of their own.
            "in_words": in_words(message).removesuffix("."),
            "held": standing in HELD,
            # Not as a Progress: to a template, its attributes would be states.
            "total": now.total,
            "done": now.done,
            "percent": percent,
            "tenths": percent // 10 * 10,
            "times": _times(message),
            "numbers": _numbers(user, message, now),
            "rate": rate(now.per_second) if standing == Standing.SENDING else "",
            "time_left": duration(now.time_left)
            if standing == Standing.SENDING and now.time_left
            else "",
            "seconds": _seconds(message, standing),
            "actions": [
                (action, reverse(self.action_url_name, args=[message.pk, action.name]))
                for action in actions_for(message, now)
            ]
            if self.user_has_permission("control")
            else [],
            "progress_url": reverse(self.progress_url_name, args=[message.pk]),
        }

    def described(self) -> dict[str, Any]:
        """What does not."""
        message = self.object
        return {
            "purpose": purpose_in_words(message.purpose),
            "recipients": _recipients(message),
            "has_fields": bool(merge_fields(message)),
            "headers": [
                ("From", message.sender),
                ("Subject", message.subject),
                *message.headers.items(),
            ],
            "attachments": from_rows(message.attachments),
            "trail": registry.get_logs_for_instance(message).select_related("user")[:100],
            "letters_url": letters_url(self.request.user, message),
        }


class MessageProgressView(MessageInspectView):
    """The part of a message's page that changes, alone."""

    template_name = "mail/admin/progress.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"view": self, **self.watched(), **kwargs}


def _numbers(
    user: PermissionsMixin | AnonymousUser, message: Message, now: Progress
) -> list[dict[str, Any]]:
    numbers = []
    for label, states in NUMBERS:
        number = sum(now[state] for state in states)
        url = letters_url(user, message, *states) if number else None
        trouble = bool(number) and bool({State.FAILED, State.UNCERTAIN} & {*states})
        numbers.append({"label": label, "number": number, "url": url, "trouble": trouble})
    return numbers


def _times(message: Message) -> list[tuple[str, str]]:
    times = (
        (_("Written"), message.created),
        (_("Not before"), message.scheduled_for),
        (_("Begun"), message.started_at),
        (_("Paused"), None if message.finished_at else message.paused_at),
        (_("Cancelled"), message.cancelled_at),
        (_("Finished"), message.finished_at),
    )
    return [(str(label), moment(time)) for label, time in times if time]


def _recipients(message: Message) -> list[str]:
    """How those who were asked for became letters, in words."""
    asked, twice, unusable = message.candidates, message.duplicates, message.unusable
    letters = asked - twice - unusable
    if not asked:
        return [gettext("How many recipients were asked for is not on record.")]
    words = [
        numbered(
            ngettext(
                "%(number)s recipient was asked for.",
                "%(number)s recipients were asked for.",
                asked,
            ),
            asked,
        )
    ]
    if twice:
        words.append(
            numbered(
                ngettext(
                    "%(number)s was the same address once more.",
                    "%(number)s were the same address once more.",
                    twice,
                ),
                twice,
            )
        )
    if unusable:
        words.append(
            numbered(
                ngettext(
                    "%(number)s had no address that can be written to.",
                    "%(number)s had no address that can be written to.",
                    unusable,
                ),
                unusable,
            )
        )
    words.append(
        numbered(
            ngettext("That makes %(number)s letter.", "That makes %(number)s letters.", letters),
            letters,
        )
    )
    return words


def _seconds(message: Message, standing: Standing) -> float | None:
    if message.finished_at:
        return None
    return OFTEN if standing in (Standing.SENDING, Standing.CANCELLED) else RARELY
