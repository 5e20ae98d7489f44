"""From an accepted application to a member of the Coalition."""

from django.utils import timezone
from django.utils.text import slugify

from icrtop.accounts.models import User
from icrtop.places.models import Country
from members.models.applications import Application, focal_points_in
from members.models.focal_points import FocalPoint
from members.models.organisations import Category, Listing, Membership, Organisation, Sector
from members.models.profiles import OrganisationEvent


def make_member(application: Application, by: User) -> Organisation:
    """Create the organisation with its term, and its focal points from the application.

    In the caller's transaction. The profile is not public before the organisation has checked it.
    """
    answers = application.answers
    organisation = Organisation.objects.create(
        name=application.organisation_name,
        acronym=answers.get("acronym", ""),
        slug=free_slug(application.organisation_name),
        country=application.country,
        city=answers.get("city", ""),
        website=application.website,
        about=answers.get("about", ""),
        listing=answers.get("listing") or Listing.FULL,
        profile_published=False,
    )
    organisation.sectors.set(Sector.objects.filter(slug__in=answers.get("sectors", [])))
    organisation.works_in.set(Country.objects.filter(code__in=answers.get("works_in", [])))
    Membership.objects.create(
        organisation=organisation,
        category=application.category or Category.MEMBER,
        since=timezone.localdate().isoformat(),
        confirmed_at=timezone.now(),
    )
    for told in focal_points_in(answers):
        FocalPoint.objects.create(organisation=organisation, **told)
    OrganisationEvent.objects.create(
        organisation=organisation,
        by=by,
        by_name=by.get_full_name() or by.email,
        action="accepted",
        note=application.reference,
    )
    return organisation


def free_slug(name: str) -> str:
    """A slug for an organisation of this name that no other has."""
    stem = slugify(name)[:90].strip("-") or "organisation"
    taken = set(Organisation.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
