"""When somebody stops being a focal point, for the apps above, which this one does not know."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import Signal, receiver

from members.models.focal_points import FocalPoint
from members.models.organisations import Membership

# Sent with `address`, normalised, once it is committed that its holder is the focal point of no
# member any more, by whatever way: removed, moved to another address, or the membership has ended.
focal_point_left = Signal()


@receiver(pre_save, sender=FocalPoint)
def address_changes(instance: FocalPoint, **kwargs: Any) -> None:
    if instance.pk:
        before = FocalPoint.objects.filter(pk=instance.pk).values_list("normalised", flat=True)
        for address in before:
            _ask_later(address)


@receiver(post_delete, sender=FocalPoint)
def focal_point_removed(instance: FocalPoint, **kwargs: Any) -> None:
    _ask_later(instance.normalised)


@receiver(post_save, sender=Membership)
@receiver(post_delete, sender=Membership)
def term_changed(instance: Membership, signal: Signal, **kwargs: Any) -> None:
    if instance.ended is None and signal is not post_delete:
        return
    of_organisation = FocalPoint.objects.filter(organisation=instance.organisation_id)
    for address in of_organisation.values_list("normalised", flat=True):
        _ask_later(address)


def _ask_later(address: str) -> None:
    # A change of category ends a term and begins another: only what is committed counts.
    transaction.on_commit(partial(_tell_if_left, address), robust=True)


def _tell_if_left(address: str) -> None:
    if not FocalPoint.objects.of_members().of(address).exists():
        focal_point_left.send(sender=FocalPoint, address=address)
