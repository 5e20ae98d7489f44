"""Bulletins on the site's own content, and their mailings."""

import factory
from django.utils import timezone

from newsletter.models import BulletinIndexPage, BulletinPage, ListMailing, Mailing
from tests.factories.mail import MessageFactory
from tests.factories.newsletter import MailingListFactory


def write_bulletin(*, live: bool = True, **fields) -> BulletinPage:
    """A bulletin in the site's index: published, unless it is to stay a draft."""
    index = BulletinIndexPage.objects.get()
    number = BulletinPage.objects.count() + 1
    fields = {
        "title": f"Bulletin {number}",
        "slug": f"bulletin-{number}",
        "subject": f"What is new on RtoP, issue {number}",
        "introduction": "Three things that happened.",
        "body": [("lead", {"text": "<p>Three things happened this month.</p>"})],
        **fields,
    }
    bulletin = index.add_child(instance=BulletinPage(live=False, **fields))
    revision = bulletin.save_revision()
    if live:
        revision.publish()
    return BulletinPage.objects.get(pk=bulletin.pk)


class MailingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Mailing

    class Params:
        sent = factory.Trait(queued_at=factory.LazyFunction(timezone.now))

    bulletin = factory.LazyFunction(write_bulletin)
    subject = factory.SelfAttribute("bulletin.subject")
    web = "<p>As it was sent.</p>"


class ListMailingFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ListMailing

    mailing = factory.SubFactory(MailingFactory, sent=True)
    mailing_list = factory.SubFactory(MailingListFactory)
    html = "<p>Read this.</p>"
    text = "Read this."
    message = factory.SubFactory(MessageFactory)
