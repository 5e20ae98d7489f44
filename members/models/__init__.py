"""Organisations and their membership, applications and ballots, and the pages about them."""

from members.models.applications import (
    Application,
    ApplicationPerson,
    ApplicationQuerySet,
)
from members.models.ballots import Ballot, Majority, Seat, Vote
from members.models.documents import ApplicationDocument
from members.models.focal_points import FocalPoint
from members.models.membership_settings import MembershipSettings
from members.models.organisations import (
    Category,
    EndReason,
    Listing,
    Membership,
    Organisation,
    OrganisationQuerySet,
    Sector,
)
from members.models.pages import DirectoryPage, JoinPage
from members.models.profiles import OrganisationEvent, ProfileChange, Reconfirmation
from members.models.revisions import Endorsement, Revision
from members.models.trail import ApplicationEvent, InternalNote
from members.models.works import OrganisationWork

__all__ = [
    "Application",
    "ApplicationDocument",
    "ApplicationEvent",
    "ApplicationPerson",
    "ApplicationQuerySet",
    "Ballot",
    "Category",
    "DirectoryPage",
    "EndReason",
    "Endorsement",
    "FocalPoint",
    "InternalNote",
    "JoinPage",
    "Listing",
    "Majority",
    "Membership",
    "MembershipSettings",
    "Organisation",
    "OrganisationEvent",
    "OrganisationQuerySet",
    "OrganisationWork",
    "ProfileChange",
    "Reconfirmation",
    "Revision",
    "Seat",
    "Sector",
    "Vote",
]
