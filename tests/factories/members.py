import factory
from django.utils import timezone
from django.utils.text import slugify

from icrtop.mail.addresses import normalise
from icrtop.places.models import Country
from members.models import (
    Application,
    ApplicationDocument,
    ApplicationPerson,
    Category,
    FocalPoint,
    Listing,
    Membership,
    Organisation,
    Sector,
)
from members.sections import documents_needed
from members.statements import CURRENT, Statement
from members.states import State


class OrganisationFactory(factory.django.DjangoModelFactory):
    """An organisation that has checked its profile."""

    class Meta:
        model = Organisation

    name = factory.Sequence("Organisation {:03}".format)
    slug = factory.LazyAttribute(lambda organisation: slugify(organisation.name))
    country = factory.LazyFunction(lambda: Country.objects.get(code="GH"))
    profile_published = True


class SectorFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Sector

    name = factory.Sequence("Sector {:03}".format)
    slug = factory.LazyAttribute(lambda sector: slugify(sector.name))


class MembershipFactory(factory.django.DjangoModelFactory):
    """A Member since 2010, whose term goes on."""

    class Meta:
        model = Membership

    organisation = factory.SubFactory(OrganisationFactory)
    category = Category.MEMBER
    since = "2010"


class FocalPointFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FocalPoint

    organisation = factory.SubFactory(OrganisationFactory)
    name = "Kofi Focal"
    email = factory.Sequence("focal{}@example.org".format)


class ApplicationFactory(factory.django.DjangoModelFactory):
    """An application that was sent in, by one person; in the state that a test needs."""

    class Meta:
        model = Application
        skip_postgeneration_save = True

    state = State.SUBMITTED
    organisation_name = factory.Sequence("Applicant {:03}".format)
    country = factory.LazyFunction(lambda: Country.objects.get(code="GH"))
    category = Category.MEMBER
    submitted_at = factory.LazyAttribute(
        lambda application: None if application.state == State.DRAFT else timezone.now()
    )
    answers = factory.LazyAttribute(
        lambda application: {
            "organisation_name": application.organisation_name,
            "country": application.country and application.country.pk,
            "category": application.category,
        }
    )

    @factory.post_generation
    def person(self, create, address, **kwargs):
        """Who filled it in; an address of their own if the test gives none."""
        address = address or f"applicant{self.pk}@example.org"
        ApplicationPerson.objects.create(
            application=self,
            email=address,
            normalised=normalise(address),
            joined_at=timezone.now(),
        )


# Everything that an application needs, by the names of the fields; its documents come beside it.
COMPLETE = {
    "organisation_name": "Example Society",
    "country": "GH",
    "general_email": "office@example.org",
    "about": "We document crimes.",
    "registered": "yes",
    "registration_number": "CG-1",
    "registered_in": "Ghana, Registrar-General",
    "legal_form": "Association",
    "non_profit": "yes",
    "private_sector": "no",
    "government_controlled": "no",
    "governance": "An assembly elects the board.",
    "funding": "Fees and gifts.",
    "work": "Early warning, since 2015.",
    "works_in": ["GH", "TG"],
    "focal_1_name": "Ama Example",
    "focal_1_email": "ama@example.org",
    "focal_2_name": "Kofi Example",
    "focal_2_email": "kofi@example.org",
    "category": Category.MEMBER.value,
    "listing": Listing.FULL.value,
    "founding_purposes": CURRENT[Statement.FOUNDING_PURPOSES],
    "common_understanding": CURRENT[Statement.COMMON_UNDERSTANDING],
}


def complete_draft(address, **fields):
    """A draft of this address in which nothing is missing."""
    fields = {"state": State.DRAFT, "answers": COMPLETE} | fields
    application = ApplicationFactory(
        organisation_name=COMPLETE["organisation_name"], person=address, **fields
    )
    for kind in documents_needed(application.answers):
        add_document(application, kind)
    return application


def add_document(application, kind=ApplicationDocument.Kind.STATUTES, name="statutes.pdf"):
    """A row for a file, without a file."""
    return ApplicationDocument.objects.create(
        application=application,
        kind=kind,
        name=name,
        file="applications/none",
        content_type="application/pdf",
        size=1000,
        sha256="0" * 64,
    )
