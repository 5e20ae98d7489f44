"""What other pages show of the Coalition's members."""

from django import template

from icrtop.places.models import Country
from members.models import Organisation
from members.public import PublicMember, public_members

register = template.Library()


@register.simple_tag
def members_in(country: Country) -> list[PublicMember]:
    """Named members in a country: `{% members_in page.country as members %}`."""
    in_country = public_members(Organisation.objects.filter(country=country))
    return [one for one in in_country if one.is_named]
