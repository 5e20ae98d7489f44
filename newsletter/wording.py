"""What subscribers agree to. Whoever changes a word changes the version as well."""

from django.utils.translation import gettext_lazy as _

CONSENT_VERSION = "1"
CONSENT = _(
    "Yes, send me what I have chosen by e-mail; "
    "I can stop it at any time by the link in every letter"
)
