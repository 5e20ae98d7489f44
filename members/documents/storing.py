"""Keeping what was sent, and letting go of it: rows and files stay together.

A file is written before its row is committed, and deleted after its row's deletion is. Whatever
happens in between leaves a file without a row at worst, which `discard_orphans` finds.
"""

import datetime
import hashlib
from typing import BinaryIO
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from members.applying.drafts import NotChangeable, can_change
from members.documents.checking import check
from members.documents.names import display_name
from members.documents.refusing import Refused
from members.models.applications import Application
from members.models.documents import ApplicationDocument, private_storage

# What an application may have at a time, and what it may ever fill: with what was taken away later.
MOST_DOCUMENTS = 12
MOST_STORED_BYTES = 150 * 1024 * 1024
FOLDER = "applications"
ORPHAN_AGE = datetime.timedelta(days=1)

FULL = _(
    "The documents of this application, with those of earlier revisions, take up all the room "
    "there is. Write to us, and we will find another way."
)


def add(application: Application, kind: str, upload: File, address: str) -> ApplicationDocument:
    """Check a file and keep it with an application, for the person of this verified address.

    The same file of the same kind is kept once. Raises Refused, whose message says why;
    NotChangeable if the section is not open to this person.
    """
    stream: BinaryIO = upload.file  # type: ignore[assignment] # An upload's is binary.
    found = check(stream)
    document = ApplicationDocument(
        kind=kind,
        name=display_name(upload.name or "", found.extension),
        content_type=found.content_type,
        size=stream.seek(0, 2),
        sha256=_digest(stream),
        added_by=address,
    )
    try:
        with transaction.atomic():
            locked = _open_to(application, address)
            same = locked.documents.current().filter(kind=kind, sha256=document.sha256).first()
            if same:
                return same
            _check_room(locked, document)
            document.application = locked
            document.file.save(document.name, upload, save=False)
            document.save()
            locked.save(update_fields=["updated"])
    except BaseException:
        if document.file.name:
            private_storage().delete(document.file.name)
        raise
    return document


@transaction.atomic
def remove(application: Application, key: UUID, address: str) -> ApplicationDocument | None:
    """Take a document away; returns it as it was, or None if it is away already.

    One that was sent in with a revision is kept for that. Raises NotChangeable.
    """
    locked = _open_to(application, address)
    document = locked.documents.current().filter(key=key).first()
    if document is None:
        return None
    if locked.revisions.filter(documents__contains=[document.pk]).exists():
        document.removed_at = timezone.now()
        document.save(update_fields=["removed_at"])
    else:
        document.delete()
    locked.save(update_fields=["updated"])
    return document


def discard_orphans() -> int:
    """Delete files that no document refers to; returns how many.

    Only those that are a day old: a younger one may be about to get its row.
    """
    storage = private_storage()
    if not storage.exists(FOLDER):
        return 0
    known = set(ApplicationDocument.objects.values_list("file", flat=True))
    count = 0
    for folder in storage.listdir(FOLDER)[0]:
        for name in storage.listdir(f"{FOLDER}/{folder}")[1]:
            path = f"{FOLDER}/{folder}/{name}"
            if path in known or storage.get_modified_time(path) > timezone.now() - ORPHAN_AGE:
                continue
            if not ApplicationDocument.objects.filter(file=path).exists():
                storage.delete(path)
                count += 1
    return count


def _open_to(application: Application, address: str) -> Application:
    """The application, locked, if this person can change its documents now."""
    locked = Application.objects.select_for_update().get(pk=application.pk)
    is_theirs = locked.people.filter(normalised=address).exists()
    if not is_theirs or not can_change(locked, "documents"):
        raise NotChangeable(locked)
    return locked


def _check_room(application: Application, document: ApplicationDocument) -> None:
    if application.documents.current().count() >= MOST_DOCUMENTS:
        raise Refused(
            ngettext(
                "There is %(most)d document already, which is the most that can be kept. Remove it "
                "first.",
                "There are %(most)d documents already, which is the most that can be kept. Remove "
                "one first, or put several into one PDF.",
                MOST_DOCUMENTS,
            )
            % {"most": MOST_DOCUMENTS}
        )
    stored = sum(application.documents.values_list("size", flat=True))
    if stored + document.size > MOST_STORED_BYTES:
        raise Refused(FULL)


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    stream.seek(0)
    while piece := stream.read(64 * 1024):
        digest.update(piece)
    stream.seek(0)
    return digest.hexdigest()
