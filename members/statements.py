"""What an applicant endorses, each statement by itself and in the wording that was shown.

A wording that has been endorsed is never changed: a new one gets a new version below it, so that
the file of an application can always show what was signed.
"""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Statement(models.TextChoices):
    FOUNDING_PURPOSES = "founding_purposes", _("Founding purposes")
    COMMON_UNDERSTANDING = "common_understanding", _("Common understanding of RtoP")


WORDINGS: dict[Statement, dict[str, Promise]] = {
    Statement.FOUNDING_PURPOSES: {
        "1": _("Our organisation endorses the founding purposes of the Coalition"),
    },
    Statement.COMMON_UNDERSTANDING: {
        "1": _(
            "Our organisation endorses the Coalition's common understanding of RtoP, and accepts "
            "the full range of its measures"
        ),
    },
}

# The version that the form shows now: the last of each.
CURRENT: dict[Statement, str] = {
    statement: list(versions)[-1] for statement, versions in WORDINGS.items()
}


def wording(statement: str, version: str) -> str:
    """The text of a statement as it was in a version; empty if there was no such version."""
    try:
        return str(WORDINGS[Statement(statement)][version])
    except (KeyError, ValueError):
        return ""
