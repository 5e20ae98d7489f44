"""Who may have a document."""

from django.contrib.auth.models import AnonymousUser

from icrtop.accounts.identity import verified_address
from icrtop.accounts.models import User
from members.ballots.access import may_read_file
from members.models.documents import ApplicationDocument
from members.states import State


def may_download(user: User | AnonymousUser, document: ApplicationDocument) -> bool:
    """Whether somebody may have a document.

    The people of its application may while they have not taken it away, and so may committee
    members while they may read the file; staff may once it was sent in, with what it had before.
    """
    application = document.application
    if application.anonymised_at:
        return False
    if application.state != State.DRAFT and user.has_perm("members.view_application"):
        return True
    address = verified_address(user)
    if address is None or document.removed_at:
        return False
    return application.people.filter(normalised=address).exists() or may_read_file(
        address, application
    )
