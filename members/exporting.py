"""One file as a ZIP archive: to be read by people, and by programs."""

import json
import shutil
import tempfile
import zipfile
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from icrtop.accounts.models import User
from icrtop.mail.models import Message
from members.documents.names import safe_name
from members.models.applications import Application
from members.models.ballots import Vote
from members.models.documents import ApplicationDocument
from members.sections import answer_rows
from members.services.moving import Actor, record

LETTER = "{number:03}.txt"


@transaction.atomic
def export(application: Application, by: User) -> IO[bytes]:
    """Everything that is kept of an application, in a temporary file at its beginning.

    file.html has all of it to be read, file.json the same for programs; documents and letters are
    beside them. Names are such that every system can unpack them. The trail notes who exported it.
    """
    record(application, Actor.staff(by), "export")
    archive_file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 # The caller closes it.
    try:
        with zipfile.ZipFile(archive_file, "w", zipfile.ZIP_DEFLATED) as archive:
            _fill(archive, application)
    except BaseException:
        archive_file.close()
        raise
    archive_file.seek(0)
    return archive_file


def _fill(archive: zipfile.ZipFile, application: Application) -> None:
    folder = application.reference
    documents = list(application.documents.order_by("pk"))
    names = {
        document.pk: f"documents/{number:02} {document.kind} {safe_name(document.name)}"
        for number, document in enumerate(documents, 1)
    }
    letters = list(
        Message.objects.filter(application_events__application=application)
        .distinct()
        .order_by("pk")
        .prefetch_related("deliveries")
    )
    missing = [
        document.pk
        for document in documents
        if not _add_document(archive, f"{folder}/{names[document.pk]}", document)
    ]
    for number, letter in enumerate(letters, 1):
        archive.writestr(f"{folder}/letters/{LETTER.format(number=number)}", _as_text(letter))
    facts = _facts(application, documents, names, missing, letters)
    archive.writestr(
        f"{folder}/file.json",
        json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2),
    )
    archive.writestr(f"{folder}/file.html", _page(application, documents, names, missing, letters))


def _add_document(archive: zipfile.ZipFile, name: str, document: ApplicationDocument) -> bool:
    """Copy a document piece by piece; False if its file is not on the disk."""
    try:
        source = document.file.open("rb")
    except FileNotFoundError:
        return False
    entry = zipfile.ZipInfo(name, timezone.localtime(document.added_at).timetuple()[:6])
    with source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target)
    return True


def _as_text(letter: Message) -> str:
    lines = [f"{letter.created.isoformat()}  {letter.subject}", f"From: {letter.sender}"]
    for delivery in letter.deliveries.all():
        lines.append(f"To: {delivery.address} ({delivery.get_state_display()})")
    return "\n".join([*lines, "", letter.text])


def _votes(application: Application) -> list[Vote]:
    return list(
        Vote.objects.filter(seat__ballot__application=application)
        .select_related("seat__ballot")
        .order_by("pk")
    )


def _page(
    application: Application,
    documents: list[ApplicationDocument],
    names: dict[int, str],
    missing: list[int],
    letters: list[Message],
) -> str:
    return render_to_string(
        "members/export.html",
        {
            "application": application,
            "sections": answer_rows(application.answers),
            "revisions": [
                (revision, answer_rows(revision.answers))
                for revision in application.revisions.all()
            ],
            "documents": [
                (document, names[document.pk], document.pk in missing) for document in documents
            ],
            "letters": [
                (letter, f"letters/{LETTER.format(number=number)}")
                for number, letter in enumerate(letters, 1)
            ],
            "votes": _votes(application),
            "now": timezone.now(),
        },
    )


def _facts(
    application: Application,
    documents: list[ApplicationDocument],
    names: dict[int, str],
    missing: list[int],
    letters: list[Message],
) -> dict[str, Any]:
    return {
        **_fields(
            application,
            "reference state state_since created updated submitted_at category language answers",
        ),
        "people": [_fields(one, "email invited_by joined_at") for one in application.people.all()],
        "revisions": [
            {
                **_fields(one, "number at by_email answers"),
                "documents": [names[pk] for pk in one.documents if pk in names],
            }
            for one in application.revisions.all()
        ],
        "endorsements": [
            {**_fields(one, "statement version at by_email"), "wording": one.wording}
            for one in application.endorsements.all()
        ],
        "documents": [
            {
                **_fields(one, "kind name content_type size sha256 added_at added_by removed_at"),
                "file": None if one.pk in missing else names[one.pk],
            }
            for one in documents
        ],
        "trail": [
            _fields(one, "at actor by_name action from_state to_state note")
            for one in application.events.order_by("pk")
        ],
        "notes": [_fields(one, "at by_name text") for one in application.notes.all()],
        "ballots": [
            _fields(one, "opened_at closes_at quorum_percent majority closed_at outcome")
            for one in application.ballots.order_by("pk")
        ],
        "votes": [
            {
                "organisation": one.seat.organisation_name,
                **_fields(one, "choice comment at by_name by_email"),
            }
            for one in _votes(application)
        ],
        "letters": [
            {
                **_fields(one, "created subject text"),
                "recipients": [
                    _fields(each, "address state changed") for each in one.deliveries.all()
                ],
            }
            for one in letters
        ],
    }


def _fields(row: Any, names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names.split()}
