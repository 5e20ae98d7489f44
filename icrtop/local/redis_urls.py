"""The numbered databases of one Redis server."""

from urllib.parse import urlsplit


def numbered(url: str, number: int) -> str:
    """The address of another numbered database of the server at an address."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return parts._replace(path=f"/{number}").geturl()
