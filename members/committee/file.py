"""The file of an application as those read it who vote on it: what they need, and no more."""

from dataclasses import dataclass, replace

from members.models.applications import Application
from members.models.documents import ApplicationDocument
from members.models.revisions import Endorsement
from members.sections import AnsweredSection, answer_rows

# The committee judges who speaks for an organisation, and need not reach them.
PRIVATE = ("_email", "_telephone")
# Shown by the words of the statements themselves.
ENDORSEMENT = "endorsement"


@dataclass(frozen=True)
class File:
    """What is shown beside a ballot: no notes of staff, no letters, no addresses of people."""

    sections: list[AnsweredSection]
    documents: list[ApplicationDocument]
    endorsements: list[Endorsement]
    # How often it was sent in; after the first time because more was asked for.
    revisions: int


def read_file(application: Application) -> File:
    """Read what the applicant sent in; whether somebody may is `ballots.access.may_read_file`."""
    return File(
        sections=[
            replace(section, rows=[row for row in section.rows if not row.name.endswith(PRIVATE)])
            for section in answer_rows(application.answers)
            if section.key != ENDORSEMENT
        ],
        documents=list(application.documents.current()),
        endorsements=list(application.endorsements.all()),
        revisions=application.revisions.count(),
    )
