"""How a message stands, in the words of those who sent it."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Case, CharField, F, Q, QuerySet, TextChoices, Value, When
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from icrtop.mail.admin.wording import moment
from icrtop.mail.models import Message


class Standing(TextChoices):
    SENDING = "sending", gettext_lazy("Sending")
    SCHEDULED = "scheduled", gettext_lazy("Waits for its time")
    PAUSED = "paused", gettext_lazy("Paused")
    MISSED = "missed", gettext_lazy("Waits for you: it missed its time")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")
    FINISHED = "finished", gettext_lazy("Finished")


# Those that wait for a person.
HELD = (Standing.PAUSED, Standing.MISSED)
OPEN = (Standing.SENDING, Standing.SCHEDULED, *HELD)


def messages_that_are(*standings: Standing) -> Q:
    """The messages that stand like this. Open ones are found by the index that there is of them."""
    conditions = _conditions()
    found = Q()
    for standing in standings:
        found |= conditions[standing]
    return found


def with_standing(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Annotate each message with its `standing`."""
    whens = [When(where, then=Value(standing.value)) for standing, where in _conditions().items()]
    return messages.annotate(standing=Case(*whens, output_field=CharField()))


def _conditions() -> dict[Standing, Q]:
    """Of each message exactly one of these is true."""
    wait = timedelta(hours=settings.MAIL_MISSED_AFTER_HOURS)
    is_open = Q(finished_at=None, cancelled_at=None)
    running = is_open & Q(paused_at=None)
    paused = is_open & Q(paused_at__isnull=False)
    # It may have missed its time a moment ago, and nothing has held it yet.
    late = Q(started_at=None, scheduled_for__isnull=False, scheduled_for__lt=Now() - wait)
    held_late = Q(
        started_at=None, scheduled_for__isnull=False, scheduled_for__lt=F("paused_at") - wait
    )
    to_come = Q(scheduled_for__isnull=False, scheduled_for__gt=Now())
    return {
        Standing.SENDING: running & ~to_come & ~late,
        Standing.SCHEDULED: running & to_come,
        Standing.PAUSED: paused & ~held_late,
        Standing.MISSED: (running & late) | (paused & held_late),
        Standing.CANCELLED: Q(cancelled_at__isnull=False),
        Standing.FINISHED: Q(cancelled_at=None, finished_at__isnull=False),
    }


def standing_of(message: Message) -> Standing:
    """How a message of `with_standing` stands."""
    return Standing(message.standing)  # type: ignore[attr-defined] # annotated


def short_and_rest(message: Message) -> tuple[str, str]:
    """How a message of `with_standing` stands, in a word or two, and what there is to add."""
    standing = standing_of(message)
    label = str(standing.label)
    match standing:
        case Standing.SENDING if not message.started_at:
            return _("About to be sent"), ""
        case Standing.SCHEDULED:
            return _("Waits until %(time)s") % {"time": moment(message.scheduled_for)}, ""
        case Standing.MISSED:
            time = moment(message.scheduled_for)
            return label, _("It was to be sent on %(time)s.") % {"time": time}
        case Standing.PAUSED:
            return label, message.reason
        case Standing.CANCELLED:
            return label if message.finished_at else _("Being cancelled"), message.reason
    return label, ""


def in_words(message: Message) -> str:
    """How a message of `with_standing` stands, with the time or the reason that goes with it."""
    return ": ".join(part for part in short_and_rest(message) if part)
