"""What other pages show of the Coalition's members."""

from django import template

from icrtop.places.models import Country
from members.models import Organisation

register = template.Library()


@register.simple_tag
def members_in(country: Country) -> list[Organisation]:
    """Members and NGO Supporters in a country: `{% members_in page.country as members %}`."""
    return list(Organisation.objects.listed().filter(country=country))


@register.simple_tag
def steering_committee() -> list[Organisation]:
    """The organisations on the Steering Committee, by name."""
    return list(Organisation.objects.steering_committee())
