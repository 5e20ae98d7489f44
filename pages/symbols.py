"""UN document symbols, such as A/63/677 or S/RES/1674."""

from urllib.parse import quote


# The languages that the UN offers its documents in.
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")


def symbol_url(symbol: str, language: str = "en") -> str:
    """Where the UN's document service shows the document that bears this symbol."""
    return f"https://docs.un.org/{language}/{quote(symbol, safe='/()')}"
