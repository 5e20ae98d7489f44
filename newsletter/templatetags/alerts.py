"""What the edit form of a page shows of the alerts that were sent of it."""

from typing import Any

from django import template
from wagtail.models import Page

from newsletter.models import Alert

register = template.Library()


@register.inclusion_tag("newsletter/admin/alerts_of_page.html")
def alerts_of(page: Page) -> dict[str, Any]:
    """The alerts of a page, newest first."""
    return {"alerts": list(Alert.objects.filter(page=page.pk)) if page.pk else []}
