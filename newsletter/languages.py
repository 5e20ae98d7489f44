"""The languages of letters, of which there can be more than the site itself is translated into."""

from django.conf import settings


def interface_language(code: str) -> str:
    """The language in which the site can speak to a reader of this one."""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
