"""What other pages show somebody of the members that they are a focal point of."""

from typing import Any

from django import template
from django.db.models import Exists, OuterRef

from icrtop.accounts import identity
from members.models import Membership, Organisation, Reconfirmation

register = template.Library()


@register.inclusion_tag("members/organisation/on_my_page.html", takes_context=True)
def your_organisations(context: template.Context) -> dict[str, Any]:
    """The organisations of whoever has signed in: `{% your_organisations %}`; else nothing."""
    address = identity.verified_address(context["request"].user)
    if not address:
        return {"organisations": []}
    terms = Membership.objects.filter(organisation=OuterRef("pk"))
    asked = Reconfirmation.objects.unanswered().filter(membership__organisation=OuterRef("pk"))
    own = Organisation.objects.of(address)
    return {
        "organisations": own.filter(Exists(terms)).annotate(
            is_member=Exists(terms.filter(ended=None)), is_asked=Exists(asked)
        )
    }
