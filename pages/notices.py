"""Wagtail's letters about moderation, put into the outbox.

Wagtail sends them itself while the request goes on: whoever submits a page waits for the mail
server, and if that refuses, the submission fails. Who gets them, and their words, stay Wagtail's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import override
from wagtail.admin import mail
from wagtail.models import TaskState, WorkflowState
from wagtail.signals import (
    task_submitted,
    workflow_approved,
    workflow_rejected,
    workflow_submitted,
)
from wagtail.users.models import UserProfile

from icrtop.accounts.models import User
from icrtop.mail.headers import one_line
from icrtop.mail.services import MAX_SUBJECT, queue_message


class ByOutbox:
    """Takes the place of Wagtail's own way to send what a notifier has written."""

    def send_emails(
        self,
        template_set: Mapping[str, str],
        context: dict[str, Any],
        recipients: Collection[User],
        **kwargs: Any,
    ) -> bool:
        for recipient in recipients:
            language = UserProfile.get_for_user(recipient).get_preferred_language()
            words = {**context, "user": recipient}
            with override(language):
                subject = one_line(render_to_string(template_set["subject"], words))[:MAX_SUBJECT]
                body = render_to_string(template_set["text"], words)
            queue_message(
                to=recipient.email,
                subject=subject,
                purpose="pages.notice",
                template="notice",
                context={"subject": subject, "body": body},
                language=language,
            )
        return True


class Submitted(ByOutbox, mail.WorkflowStateSubmissionEmailNotifier):
    pass


class TaskSubmitted(ByOutbox, mail.GroupApprovalTaskStateSubmissionEmailNotifier):
    pass


class Approved(ByOutbox, mail.WorkflowStateApprovalEmailNotifier):
    pass


class Rejected(ByOutbox, mail.WorkflowStateRejectionEmailNotifier):
    pass


# Wagtail connects its own under these names; a notifier must live as long as its signal.
NOTIFIERS = (
    (task_submitted, TaskState, "group_approval_task_submitted", TaskSubmitted()),
    (workflow_submitted, WorkflowState, "workflow_state_submitted", Submitted()),
    (workflow_approved, WorkflowState, "workflow_state_approved", Approved()),
    (workflow_rejected, WorkflowState, "workflow_state_rejected", Rejected()),
)


def connect() -> None:
    """Listen in place of Wagtail's own notifiers; once wagtail.admin has connected those."""
    for signal, sender, name, notifier in NOTIFIERS:
        uid = f"{name}_email_notification"
        signal.disconnect(sender=sender, dispatch_uid=uid)
        signal.connect(notifier, sender=sender, dispatch_uid=uid)
