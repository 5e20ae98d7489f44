"""Pages for tests, one factory for each type. Without a parent, a page stands below the home page.

The site's first content is built from its own files, by pages.content: a server in production has
no factories.
"""

import datetime
from typing import Any

import factory
import wagtail_factories
from wagtail.models import Page

from pages import models


class HomePageFactory(wagtail_factories.PageFactory):
    class Meta:
        model = models.HomePage

    title = "Home of a test"
    introduction = "What this site is about."
    parent = factory.LazyFunction(Page.get_first_root_node)


def the_home_page() -> models.HomePage:
    """The home page that there is, or a new one."""
    return models.HomePage.objects.first() or HomePageFactory()


class SitePageFactory(wagtail_factories.PageFactory):
    """Base of all below the home page."""

    class Meta:
        model = models.SectionPage
        abstract = True

    title = factory.Sequence("Page {}".format)
    introduction = "One sentence that stands for the page."
    parent = factory.LazyFunction(the_home_page)

    @classmethod
    def _create_instance(cls, model_class: type[Page], parent: Page, kwargs: Any) -> Page:
        countries = kwargs.pop("countries", None)
        # Treebeard trusts the number of children on the object that it is given.
        page = super()._create_instance(model_class, Page.objects.get(pk=parent.pk), kwargs)
        if countries:
            page.countries = countries
            page.save()
        return page


class SectionPageFactory(SitePageFactory):
    class Meta:
        model = models.SectionPage

    title = factory.Sequence("Section {}".format)


class BackgroundPageFactory(SitePageFactory):
    class Meta:
        model = models.BackgroundPage

    title = factory.Sequence("Article {}".format)
    body = [("heading", "A heading"), ("paragraph", "<p>A paragraph.</p>")]


class ContactPageFactory(SitePageFactory):
    class Meta:
        model = models.ContactPage

    title = "Contact"


class SituationIndexPageFactory(SitePageFactory):
    class Meta:
        model = models.SituationIndexPage

    title = "Situations"


def the_index(model: type[Page], factory_class: type[SitePageFactory]) -> Page:
    """The index that there is, of a type of which there is one; or a new one."""
    return model.objects.first() or factory_class()


class SituationPageFactory(SitePageFactory):
    class Meta:
        model = models.SituationPage

    title = factory.Sequence("Situation {}".format)
    country_id = "KE"
    parent = factory.LazyFunction(
        lambda: the_index(models.SituationIndexPage, SituationIndexPageFactory)
    )


class AssessmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.Assessment

    situation = factory.SubFactory(SituationPageFactory)
    date = factory.Sequence(lambda n: datetime.date(2020, 1, 1) + datetime.timedelta(n))
    status = models.Status.MONITORING
    is_sample = True


class TimelineEntryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.TimelineEntry

    situation = factory.SubFactory(SituationPageFactory)
    date = "2009-07"
    text = factory.Sequence("Something happened, {}.".format)


class PublicationIndexPageFactory(SitePageFactory):
    class Meta:
        model = models.PublicationIndexPage

    title = factory.Sequence("Publications {}".format)


class PublicationPageFactory(SitePageFactory):
    class Meta:
        model = models.PublicationPage

    title = factory.Sequence("Publication {}".format)
    kind = models.Kind.REPORT
    issuing_body = "UN Secretary-General"
    date = "2009-01-12"
    parent = factory.LazyFunction(
        lambda: the_index(models.PublicationIndexPage, PublicationIndexPageFactory)
    )


class DocumentSymbolFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = models.DocumentSymbol

    publication = factory.SubFactory(PublicationPageFactory)
    symbol = factory.Sequence("A/TEST/{}".format)


class DevelopmentIndexPageFactory(SitePageFactory):
    class Meta:
        model = models.DevelopmentIndexPage

    title = "Developments"


class DevelopmentPageFactory(SitePageFactory):
    class Meta:
        model = models.DevelopmentPage

    title = factory.Sequence("Development {}".format)
    level = models.Level.UN
    date = "2009-07-23"
    parent = factory.LazyFunction(
        lambda: the_index(models.DevelopmentIndexPage, DevelopmentIndexPageFactory)
    )
