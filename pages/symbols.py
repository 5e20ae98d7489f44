"""UN document symbols, such as A/63/677 or S/RES/1674."""

from urllib.parse import quote


def symbol_url(symbol: str, language: str = "en") -> str:
    """Where the UN's document service shows the document that bears this symbol."""
    return f"https://docs.un.org/{language}/{quote(symbol, safe='/()')}"
