"""UN document symbols, such as A/63/677 or S/RES/1674."""

import re
from urllib.parse import quote

# The languages that the UN offers its documents in.
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")


def symbol_url(symbol: str, language: str = "en") -> str:
    """Where the UN's document service shows the document that bears this symbol."""
    return f"https://docs.un.org/{language}/{quote(symbol, safe='/()')}"


def symbol_words(symbol: str) -> str:
    """The parts of a symbol as words, `S RES 1674`, for those who do not type its strokes."""
    return " ".join(re.findall(r"[^\W_]+", symbol))
