"""What visitors set off on the site's pages."""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from icrtop.mail.models import Message
from icrtop.mail.services import queue_message
from pages.models.site_settings import SiteSettings


@transaction.atomic
def write_to_secretariat(site_settings: SiteSettings, name: str, email: str, text: str) -> Message:
    """Queue a visitor's letter to the secretariat; an answer to it goes to the visitor.

    It is sent in the site's name, since a sender that the visitor typed would fail SPF and DMARC.
    """
    return queue_message(
        to=site_settings.letters_to,
        subject=_("Message from %(name)s by the contact form") % {"name": name},
        purpose="contact",
        template="contact",
        context={"name": name, "email": email, "text": text},
        headers={"Reply-To": email},
        language=settings.LANGUAGE_CODE,
    )
