"""How fast a running site answers, for one address of each kind, from the cache and rendered.

    make run            # in one terminal
    python bench/pages.py http://localhost:8000

Every address is asked for in turn, over one connection, so that noise falls on all alike. A request
with a session cookie passes by the page cache: that is the time to render.
"""

import argparse
import http.client
import statistics
import time
from urllib.parse import urlsplit

ADDRESSES = [
    "/",
    "/rtop/",
    "/rtop/history/",
    "/situations/",
    "/situations/syria/",
    "/developments/",
    "/publications/",
    "/events/",
    "/members/",
    "/contact/",
    "/search/?q=darfur",
]
PAST_THE_CACHE = {"Cookie": "sessionid=bench"}
COMPRESSED = {"Accept-Encoding": "gzip"}


def ask(connection: http.client.HTTPConnection, path: str, headers: dict) -> tuple[float, int, str]:
    """Milliseconds to the last byte, bytes of the body, and what the page cache says."""
    started = time.perf_counter()
    connection.request("GET", path, headers=COMPRESSED | headers)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise SystemExit(f"{path} answered {response.status}")
    took = (time.perf_counter() - started) * 1000
    return took, len(body), response.headers.get("X-Cache", "-")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", nargs="?", default="http://localhost:8000")
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    connection = http.client.HTTPConnection(urlsplit(options.site).netloc, timeout=30)

    rendered: dict[str, list[float]] = {path: [] for path in ADDRESSES}
    cached: dict[str, list[float]] = {path: [] for path in ADDRESSES}
    size: dict[str, int] = {}
    for path in ADDRESSES:
        ask(connection, path, {})
    for _round in range(options.rounds):
        for path in ADDRESSES:
            took, size[path], _says = ask(connection, path, PAST_THE_CACHE)
            rendered[path].append(took)
            took, size[path], says = ask(connection, path, {})
            if says == "hit":
                cached[path].append(took)

    print(f"{'address':<28}{'rendered ms':>12}{'cached ms':>12}{'HTML bytes':>12}")
    for path in ADDRESSES:
        hit = f"{statistics.median(cached[path]):.1f}" if cached[path] else "never"
        print(f"{path:<28}{statistics.median(rendered[path]):>12.1f}{hit:>12}{size[path]:>12}")
    print(f"Medians of {options.rounds} rounds; bytes are gzipped.")


if __name__ == "__main__":
    main()
