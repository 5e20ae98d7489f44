import factory

from icrtop.mail.models import Delivery, Message


class MessageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Message

    purpose = "test"
    sender = "ICRtoP <info@icrtop.example>"
    subject = factory.Sequence("Letter {}".format)
    html = "<p>Read this.</p>"
    text = "Read this."
    headers = factory.LazyFunction(lambda: {"Auto-Submitted": "auto-generated"})


class DeliveryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Delivery

    message = factory.SubFactory(MessageFactory)
    address = factory.Sequence("reader{}@example.org".format)
    normalised = factory.LazyAttribute(lambda delivery: delivery.address.lower())
