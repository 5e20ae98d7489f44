"""What other pages show of applications."""

from typing import Any

from django import template

from icrtop.accounts import identity
from members.models.applications import Application
from members.sections import SECTIONS, Section

register = template.Library()


@register.simple_tag
def sections_of_the_form() -> list[Section]:
    """The sections that an application is made of, in their order."""
    return list(SECTIONS.values())


@register.inclusion_tag("members/apply/on_my_page.html", takes_context=True)
def your_applications(context: dict[str, Any]) -> dict[str, Any]:
    """The applications of whoever has signed in; nothing but the way to begin for those without."""
    address = identity.verified_address(context["request"].user)
    found = Application.objects.of(address).order_by("-updated", "-pk") if address else []
    return {"applications": found}
