"""Organisations and their membership, applications, and the pages about them."""

from members.models.applications import (
    Application,
    ApplicationEvent,
    ApplicationQuerySet,
    Endorsement,
)
from members.models.organisations import Category, Membership, Organisation, OrganisationQuerySet
from members.models.pages import DirectoryPage, JoinPage

__all__ = [
    "Application",
    "ApplicationEvent",
    "ApplicationQuerySet",
    "Category",
    "DirectoryPage",
    "Endorsement",
    "JoinPage",
    "Membership",
    "Organisation",
    "OrganisationQuerySet",
]
