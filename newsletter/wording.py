"""What subscribers agree to. Whoever changes a word changes the version as well."""

from django.utils.translation import gettext_lazy as _

CONSENT_VERSION = "2"
# Stands above the button that it names.
CONSENT = _(
    "By pressing “Subscribe” you agree that we send you what you have chosen by e-mail, once you "
    "have confirmed your address. You can stop it at any time by the link in every letter. We use "
    "your address for nothing else, and pass it on to nobody."
)
PREFERENCES_CONSENT = _(
    "By pressing “Save” you agree that we send you what you have chosen by e-mail. You can stop it "
    "at any time by the link in every letter. We use your address for nothing else, and pass it on "
    "to nobody."
)
MEMBERS_LIST_CONSENT = _(
    "By pressing “Put me on the list” you agree that we send you the letters of this list by "
    "e-mail, as long as you are a focal point of a member. You can stop it at any time by the link "
    "in every letter. We use your address for nothing else, and pass it on to nobody."
)
