"""What a subscriber has chosen, written to their row."""

from icrtop.places.models import Country, Region
from newsletter.choices import Choices
from newsletter.models.subscribers import Subscriber


def apply_choices(subscriber: Subscriber, choices: Choices) -> bool:
    """Make these a subscriber's choices, all of them; return whether that changes anything.

    In the caller's transaction, which holds the row. Countries and regions that are no more are
    left out.
    """
    choices = choices.that_still_exist()
    before = Choices.of(subscriber)
    if choices == before:
        return False
    subscriber.countries.set(Country.objects.filter(pk__in=choices.countries))
    subscriber.regions.set(Region.objects.filter(pk__in=choices.regions))
    subscriber.topics = sorted(choices.topics)
    subscriber.frequency = choices.frequency
    subscriber.language = choices.language
    subscriber.name = choices.name
    subscriber.save(update_fields=["topics", "frequency", "language", "name"])
    return True
