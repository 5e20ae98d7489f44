"""What pages and letters show of the Steering Committee's ballots."""

import datetime
from typing import Any

from django import template
from django.template.context import RequestContext

from icrtop.accounts.identity import verified_address
from members.ballots import words
from members.ballots.access import organisations_of
from members.ballots.panel import panel_of
from members.committee.own import own_ballots
from members.models import Application

register = template.Library()


@register.filter
def moment(at: datetime.datetime) -> str:
    """A moment with its time zone, and in UTC."""
    return words.moment(at)


@register.inclusion_tag("members/admin/ballot_panel.html")
def ballot_panel(application: Application) -> dict[str, Any]:
    """The ballots on an application for its file page in the admin; nothing if there was none."""
    return {"panels": panel_of(application)}


@register.inclusion_tag("members/committee/on_my_page.html", takes_context=True)
def committee_ballots(context: RequestContext) -> dict[str, Any]:
    """The part of "My page" about ballots; nothing for who is not on the Steering Committee."""
    address = verified_address(context["request"].user)
    votes = bool(address and organisations_of(address))
    return {"ballots": own_ballots(address) if address and votes else None}
