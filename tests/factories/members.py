import factory
from django.utils.text import slugify

from icrtop.places.models import Country
from members.models import Application, Category, Membership, Organisation


class OrganisationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Organisation

    name = factory.Sequence("Organisation {:03}".format)
    slug = factory.LazyAttribute(lambda organisation: slugify(organisation.name))
    country = factory.LazyFunction(lambda: Country.objects.get(code="GH"))


class MembershipFactory(factory.django.DjangoModelFactory):
    """A Member since 2010, whose term goes on."""

    class Meta:
        model = Membership

    organisation = factory.SubFactory(OrganisationFactory)
    category = Category.MEMBER
    since = "2010"


class ApplicationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Application

    organisation_name = factory.Sequence("Applicant {:03}".format)
    country = factory.LazyFunction(lambda: Country.objects.get(code="GH"))
    contact_name = "Ama Example"
    email = factory.Sequence("applicant{}@example.org".format)
    category = Category.MEMBER
    why = "To work with others on prevention."
