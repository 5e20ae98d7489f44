"""What Wagtail's audit log says of what staff did with messages."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import LogFormatter

from icrtop.mail.admin.actions import Action, log_name
from icrtop.mail.admin.wording import numbered


def register_action(actions: Any, action: Action) -> None:
    """Have Wagtail log an action, with how many letters it was about, and why it was done."""

    class Formatter(LogFormatter):
        label = action.past

        def format_message(self, log_entry: Any) -> str:
            number = log_entry.data.get("letters", 0)
            letters = numbered(ngettext("%(number)s letter", "%(number)s letters", number), number)
            return _("%(action)s (%(letters)s)") % {"action": action.past, "letters": letters}

        def format_comment(self, log_entry: Any) -> str:
            return str(log_entry.data.get("why", ""))

    actions.register_action(log_name(action))(Formatter)
