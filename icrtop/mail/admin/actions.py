"""What staff can do with a message: one table of when, what it will do, and what it has done."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from icrtop.mail import control
from icrtop.mail.admin.standing import HELD, OPEN, Standing, standing_of
from icrtop.mail.admin.wording import moment, numbered
from icrtop.mail.models import UNSENT, Message, State
from icrtop.mail.progress import Progress

type Text = str | Promise


@dataclass(frozen=True)
class Action:
    """Something to do with a message, and the words for it.

    `count` is how many letters it is about, and `do` returns how many it has changed, or whether
    it has done anything. Where `exact`, nothing is done unless that is the number somebody agreed
    to.
    """

    name: str
    label: Text
    applies: Callable[[Message, Progress], bool]
    count: Callable[[Message, Progress], int]
    says: Callable[[Message, Progress], list[str]]
    do: Callable[[Message, str], int | bool]
    done: Callable[[int], str]
    past: Text
    exact: bool = False
    asks_why: bool = False
    serious: bool = False


def _unsent(message: Message, progress: Progress) -> int:
    return sum(progress[state] for state in UNSENT)


def _is_leaving(progress: Progress) -> list[str]:
    if not (number := progress[State.SENDING]):
        return []
    return [
        numbered(
            ngettext(
                "%(number)s letter is leaving at this moment and cannot be stopped.",
                "%(number)s letters are leaving at this moment and cannot be stopped.",
                number,
            ),
            number,
        )
    ]


def _pause_says(message: Message, progress: Progress) -> list[str]:
    number = _unsent(message, progress)
    text = ngettext(
        "%(number)s letter has not been sent yet. It will wait until somebody resumes the message.",
        "%(number)s letters have not been sent yet. They will wait until somebody resumes the "
        "message.",
        number,
    )
    return [numbered(text, number), *_is_leaving(progress)]


def _paused(number: int) -> str:
    return numbered(
        ngettext(
            "The message is paused. %(number)s letter waits until somebody resumes it.",
            "The message is paused. %(number)s letters wait until somebody resumes it.",
            number,
        ),
        number,
    )


def _resume_says(message: Message, progress: Progress) -> list[str]:
    number = _unsent(message, progress)
    text = ngettext(
        "%(number)s letter will be sent when you resume.",
        "%(number)s letters will be sent when you resume.",
        number,
    )
    says = [numbered(text, number)]
    if message.scheduled_for and message.scheduled_for > timezone.now():
        says.append(_("None is sent before %(time)s.") % {"time": moment(message.scheduled_for)})
    elif message.scheduled_for and not message.started_at:
        says.append(
            _(
                "It was to be sent on %(time)s, and was not. Read it once more: is what it says "
                "still right?"
            )
            % {"time": moment(message.scheduled_for)}
        )
    if message.reason and standing_of(message) == Standing.PAUSED:
        says.append(_("Why it is paused: %(reason)s") % {"reason": message.reason})
    return says


def _resume(message: Message, why: str) -> int:
    if not message.paused_at:
        control.hold_missed(message)  # It has missed its time, and no worker has noticed yet.
    return control.resume(message)


def _resumed(number: int) -> str:
    return numbered(
        ngettext(
            "The message is resumed: %(number)s letter will be sent.",
            "The message is resumed: %(number)s letters will be sent.",
            number,
        ),
        number,
    )


def _cancel_says(message: Message, progress: Progress) -> list[str]:
    number, sent = _unsent(message, progress), progress[State.SENT]
    says = [
        numbered(
            ngettext(
                "%(number)s letter will not be sent. This cannot be undone.",
                "%(number)s letters will not be sent. This cannot be undone.",
                number,
            ),
            number,
        )
    ]
    if sent:
        says.append(
            numbered(
                ngettext(
                    "%(number)s letter has been sent already.",
                    "%(number)s letters have been sent already.",
                    sent,
                ),
                sent,
            )
        )
    return [*says, *_is_leaving(progress)]


def _cancelled(number: int) -> str:
    return numbered(
        ngettext(
            "The message is cancelled: %(number)s letter will not be sent.",
            "The message is cancelled: %(number)s letters will not be sent.",
            number,
        ),
        number,
    )


def _has_deferred(message: Message, progress: Progress) -> bool:
    if standing_of(message) != Standing.SENDING or not progress[State.DEFERRED]:
        return False
    deferred = message.deliveries.filter(state=State.DEFERRED)
    return deferred.filter(next_attempt_at__gt=Now()).exists()


def _retry_says(message: Message, progress: Progress) -> list[str]:
    number = progress[State.DEFERRED]
    text = ngettext(
        "%(number)s letter was refused by the mail server for now. It will be tried again at once, "
        "and not at its own time.",
        "%(number)s letters were refused by the mail server for now. They will be tried again at "
        "once, and not at their own time.",
        number,
    )
    return [numbered(text, number)]


def _retried(number: int) -> str:
    return numbered(
        ngettext(
            "%(number)s letter is tried again now.",
            "%(number)s letters are tried again now.",
            number,
        ),
        number,
    )


def _repeatable(message: Message, progress: Progress) -> int:
    # Whoever has left the list since does not get it again.
    return message.deliveries.repeatable().count() if progress[State.UNCERTAIN] else 0


def _may_repeat(message: Message, progress: Progress) -> bool:
    being_cancelled = message.cancelled_at and not message.finished_at
    return bool(_repeatable(message, progress)) and not being_cancelled


def _again_says(message: Message, progress: Progress) -> list[str]:
    number = _repeatable(message, progress)
    says = [
        numbered(
            ngettext(
                "%(number)s person may have the letter already, and would then get it twice.",
                "%(number)s people may have the letter already, and would then get it twice.",
                number,
            ),
            number,
        ),
        _("Nobody else gets it again."),
    ]
    if standing_of(message) in HELD:
        says.append(_("The message is paused: nothing is sent before somebody resumes it."))
    return says


def _sent_again(number: int) -> str:
    return numbered(
        ngettext(
            "%(number)s letter will be sent again.",
            "%(number)s letters will be sent again.",
            number,
        ),
        number,
    )


ACTIONS = {
    action.name: action
    for action in (
        Action(
            name="resume",
            label=gettext_lazy("Resume"),
            applies=lambda message, progress: standing_of(message) in HELD,
            count=_unsent,
            says=_resume_says,
            do=_resume,
            done=_resumed,
            past=gettext_lazy("Resumed"),
            exact=True,
        ),
        Action(
            name="pause",
            label=gettext_lazy("Pause"),
            applies=lambda message, progress: (
                standing_of(message) in (Standing.SENDING, Standing.SCHEDULED)
            ),
            count=_unsent,
            says=_pause_says,
            do=control.pause,
            done=_paused,
            past=gettext_lazy("Paused"),
            asks_why=True,
        ),
        Action(
            name="retry",
            label=gettext_lazy("Try refused letters again now"),
            applies=_has_deferred,
            count=lambda message, progress: progress[State.DEFERRED],
            says=_retry_says,
            do=lambda message, why: control.retry_deferred(message),
            done=_retried,
            past=gettext_lazy("Tried refused letters again"),
        ),
        Action(
            name="send-again",
            label=gettext_lazy("Send again what perhaps was sent"),
            applies=_may_repeat,
            count=_repeatable,
            says=_again_says,
            do=lambda message, why: control.send_again(message),
            done=_sent_again,
            past=gettext_lazy("Sent again what perhaps was sent"),
            exact=True,
            serious=True,
        ),
        Action(
            name="cancel",
            # “Cancel” alone would be taken for the way back.
            label=gettext_lazy("Cancel the message"),
            applies=lambda message, progress: standing_of(message) in OPEN,
            count=_unsent,
            says=_cancel_says,
            do=control.cancel,
            done=_cancelled,
            past=gettext_lazy("Cancelled"),
            asks_why=True,
            serious=True,
        ),
    )
}


def actions_for(message: Message, progress: Progress) -> list[Action]:
    """What there is to do with a message of `with_standing` now."""
    return [action for action in ACTIONS.values() if action.applies(message, progress)]


def log_name(action: Action) -> str:
    """The action as Wagtail's audit log calls it."""
    return f"mail.{action.name.replace('-', '_')}"
