"""What changed between two versions of an application that were sent in."""

from dataclasses import dataclass

from django.utils.datastructures import MultiValueDict

from members.models import Application, ApplicationDocument, Revision
from members.sections import Difference, differences


@dataclass(frozen=True)
class Changes:
    """Two of the revisions, and what differs between them."""

    revisions: list[Revision]
    before: Revision
    after: Revision
    answers: list[Difference]
    added: list[ApplicationDocument]
    removed: list[ApplicationDocument]

    @property
    def is_nothing(self) -> bool:
        return not (self.answers or self.added or self.removed)


def changes_of(
    application: Application,
    revisions: list[Revision],
    chosen: MultiValueDict[str, str],
) -> Changes | None:
    """What differs between the `before` and `after` that are chosen, by number; else the last two.

    None if it was sent in only once.
    """
    if len(revisions) < 2:
        return None
    by_number = {str(revision.number): revision for revision in revisions}
    before = by_number.get(chosen.get("before", "") or "", revisions[-2])
    after = by_number.get(chosen.get("after", "") or "", revisions[-1])
    documents = {document.pk: document for document in application.documents.all()}
    return Changes(
        revisions,
        before,
        after,
        differences(before.answers, after.answers),
        [documents[pk] for pk in after.documents if pk in documents and pk not in before.documents],
        [documents[pk] for pk in before.documents if pk in documents and pk not in after.documents],
    )
