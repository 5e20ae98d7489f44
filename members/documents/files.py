"""A document's file goes with its row, however that is deleted."""

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from members.models.documents import ApplicationDocument


@receiver(post_delete, sender=ApplicationDocument)
def delete_file(instance: ApplicationDocument, **kwargs: object) -> None:
    """Delete the file once the row's deletion is committed; if that fails, it stays."""
    storage, name = instance.file.storage, instance.file.name
    if name:
        transaction.on_commit(lambda: storage.delete(name), robust=True)
