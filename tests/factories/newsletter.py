import factory
from django.utils import timezone

from events.models import EventPage
from newsletter.bulletin_letters import render_bulletin, render_web
from newsletter.imports import running
from newsletter.models import (
    BulletinIndexPage,
    BulletinPage,
    Consent,
    ListMailing,
    Mailing,
    MailingList,
    Subscriber,
    SubscriberImport,
    Subscription,
)
from newsletter.wording import CONSENT, CONSENT_VERSION
from pages.models import DevelopmentPage, PublicationPage, SituationPage
from tests.factories.pages import SitePageFactory, the_index


class MailingListFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MailingList

    name = factory.Sequence("List {}".format)
    slug = factory.Sequence("list-{}".format)
    description = "Now and then."
    position = factory.Sequence(int)


class SubscriberFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Subscriber

    email = factory.Sequence("subscriber{}@example.org".format)
    normalised = factory.LazyAttribute(lambda subscriber: subscriber.email.lower())


class SubscriptionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Subscription

    class Params:
        confirmed = factory.Trait(
            state=Subscription.State.CONFIRMED, confirmed_at=factory.LazyFunction(timezone.now)
        )
        unsubscribed = factory.Trait(
            state=Subscription.State.UNSUBSCRIBED,
            unsubscribed_at=factory.LazyFunction(timezone.now),
        )

    subscriber = factory.SubFactory(SubscriberFactory)
    mailing_list = factory.SubFactory(MailingListFactory)


class ConsentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Consent
        skip_postgeneration_save = True

    subscriber = factory.SubFactory(SubscriberFactory)
    wording = str(CONSENT)
    wording_version = CONSENT_VERSION
    how = "form at /subscribe/"

    @factory.post_generation
    def mailing_lists(consent, create, mailing_lists):  # noqa: N805 the consent is what was made
        if create and mailing_lists:
            consent.mailing_lists.set(mailing_lists)


class BulletinIndexPageFactory(SitePageFactory):
    class Meta:
        model = BulletinIndexPage

    title = "Bulletins"
    slug = "listserv"


class BulletinPageFactory(SitePageFactory):
    """A published bulletin; the trait `with_every_block` needs the site's first content."""

    class Meta:
        model = BulletinPage

    class Params:
        with_every_block = factory.Trait(body=factory.LazyFunction(lambda: every_block()))

    title = factory.Sequence("Bulletin {}".format)
    subject = factory.Sequence("RtoP Bulletin {}: the debate in the General Assembly".format)
    introduction = "The debate in the General Assembly, and what is new on the site."
    body = factory.LazyFunction(lambda: body_of(("text", "<p>What happened this month.</p>")))
    parent = factory.LazyFunction(lambda: the_index(BulletinIndexPage, BulletinIndexPageFactory))

    @classmethod
    def _create_instance(cls, model_class, parent, kwargs):
        page = super()._create_instance(model_class, parent, kwargs)
        page.save_revision().publish()
        return page


def body_of(*blocks):
    """A body from pairs of a block's name and its raw value."""
    raw = [{"type": name, "value": value} for name, value in blocks]
    return BulletinPage.body.field.to_python(raw)


def every_block(image=None):
    """One of each block, about pages of the site's first content."""
    development = DevelopmentPage.objects.live().order_by("pk").first()
    publication = PublicationPage.objects.live().order_by("pk").first()
    situation = SituationPage.objects.live().filter(country="SY").first()
    event = EventPage.objects.live().order_by("pk").first()
    link = f'<a linktype="page" id="{development.pk}">a development</a>'
    picture = {"image": image.pk, "alt_text": "A hall with rows of seats"} if image else None
    return body_of(
        ("lead", {"text": f"<p>What <b>we</b> did, and {link}.</p>", "image": picture}),
        ("heading", "New on the site"),
        ("item", {"page": development.pk, "title": "", "summary": ""}),
        ("item", {"page": publication.pk, "title": "Another title", "summary": "In our words."}),
        ("item", {"page": situation.pk, "title": "", "summary": ""}),
        (
            "country_note",
            {
                "country": "SY",
                "text": "<p>News.</p><ul><li>One</li><li>Two<ul><li>a</li></ul></li></ul>",
            },
        ),
        ("event", {"page": event.pk, "text": ""}),
        (
            "quotation",
            {
                "text": "Words that were said",
                "who": "Somebody",
                "source": "A/RES/60/1",
                "link": "https://docs.un.org/en/A/RES/60/1",
                "date": "2005-09-16",
            },
        ),
        (
            "text",
            '<p>Write to <a href="mailto:info@example.org">info@example.org</a> or read '
            '<a href="https://www.un.org/a/very/long/address/that/goes/on/beyond/what/a/line/holds">'
            "what it says</a>.</p><ol><li>First</li><li>Second</li></ol>",
        ),
        (
            "button",
            {
                "label": "Join the debate",
                "page": None,
                "url": "https://www.un.org/",
                "text": "The debate can be followed from anywhere.",
            },
        ),
    )


class MailingFactory(factory.django.DjangoModelFactory):
    """A mailing of a bulletin that is in the outbox, to one open list unless told `lists`."""

    class Meta:
        model = Mailing
        skip_postgeneration_save = True

    bulletin = factory.SubFactory(BulletinPageFactory)
    subject = factory.SelfAttribute("bulletin.subject")
    web = factory.LazyAttribute(lambda mailing: render_web(mailing.bulletin))
    queued_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def lists(mailing, create, lists):  # noqa: N805 the mailing is what was made
        for each in lists if lists is not None else [MailingListFactory()]:
            letter = render_bulletin(mailing.bulletin, each)
            ListMailing.objects.create(
                mailing=mailing, mailing_list=each, html=letter.html, text=letter.text
            )


class SubscriberImportFactory(factory.django.DjangoModelFactory):
    """A file that staff have uploaded, made of `rows` (below the header), or of `content`."""

    class Meta:
        model = SubscriberImport
        skip_postgeneration_save = True

    class Params:
        header = "email,name,language,countries"
        rows = ()

    file_name = "people.csv"
    encoding = "utf-8-sig"
    language = "en"
    source = "Sign-up sheet of the annual meeting"

    @classmethod
    def _create(cls, model_class, *args, content=None, lists=(), **kwargs):
        batch = model_class(**kwargs)
        running.upload(batch, content, list(lists))
        return batch

    content = factory.LazyAttribute(
        lambda batch: "\r\n".join([batch.header, *batch.rows, ""]).encode()
    )
