"""Drafts that nobody comes back to: their people are told, and then they are deleted."""

import datetime

from django.db import transaction
from django.utils import timezone

from members.letters import draft_letter
from members.models.applications import Application
from members.retention.addresses import addresses_of, forget_addresses, letters_of
from members.retention.terms import WARNING_DAYS, drafts_to_delete, drafts_to_warn_of, now
from members.services.moving import Actor, attach_letter, record
from members.states import State

# Who fills in a draft touches it all the time: once a day is written down.
TOUCHED_EVERY = datetime.timedelta(days=1)


def touch(application: Application) -> None:
    """Note that somebody has opened a draft: it is kept from now on as if it had been changed."""
    if application.state == State.DRAFT and application.updated < timezone.now() - TOUCHED_EVERY:
        Application.objects.filter(pk=application.pk).update(updated=timezone.now())


@transaction.atomic
def warn(pk: int) -> bool:
    """Tell the people of a draft on which day it will be deleted, if that is due."""
    application = drafts_to_warn_of(now()).select_for_update().filter(pk=pk).first()
    if application is None:
        return False
    deleted_on = timezone.localdate() + datetime.timedelta(days=WARNING_DAYS)
    event = record(application, Actor.site(), "warn_draft")
    attach_letter(event, draft_letter(application, "draft_ends", {"deleted_on": deleted_on}))
    # Not by `save`, which would note a change of the draft.
    Application.objects.filter(pk=pk).update(reminded_at=event.at)
    return True


@transaction.atomic
def delete(pk: int) -> bool:
    """Delete a draft with its documents and its letters, if that is due."""
    application = drafts_to_delete(now()).select_for_update().filter(pk=pk).first()
    if application is None:
        return False
    addresses, letters = addresses_of(application), letters_of(application)
    application.delete()
    forget_addresses(addresses, letters)
    return True
