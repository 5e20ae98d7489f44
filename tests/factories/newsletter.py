import factory
from django.utils import timezone

from newsletter.models import Consent, MailingList, Subscriber, Subscription
from newsletter.wording import CONSENT, CONSENT_VERSION


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
