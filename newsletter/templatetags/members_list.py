"""What pages for focal points of members show of their mailing list."""

from typing import Any

from django import template

from icrtop.accounts import identity
from newsletter.services import members_list
from newsletter.wording import MEMBERS_LIST_CONSENT

register = template.Library()


@register.inclusion_tag("newsletter/members_list_offer.html", takes_context=True)
def members_list_offer(context: template.Context) -> dict[str, Any]:
    """The offer of the list to whoever has signed in, if they may join it; else nothing."""
    request = context["request"]
    address = identity.verified_address(request.user) or ""
    mailing_list = members_list.the_list()
    if mailing_list is None or not members_list.may_join(address):
        return {}
    return {
        "mailing_list": mailing_list,
        "is_on": members_list.is_on(address),
        "address": request.user.email,
        "consent": MEMBERS_LIST_CONSENT,
        "path": request.path,
        "csrf_token": context.get("csrf_token"),
    }
