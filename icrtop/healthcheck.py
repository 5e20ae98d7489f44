"""Exit with 0 if the site answers at an address: `python icrtop/healthcheck.py URL`.

Run as a file, so that neither Django nor Celery is loaded for it every few seconds.
"""

import os
import sys
import urllib.error
import urllib.request


def main() -> int:
    # The site answers by its own name only, and over TLS, which ends at the proxy before it.
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    headers = {"Host": host, "X-Forwarded-Proto": "https"}
    request = urllib.request.Request(sys.argv[1], headers=headers)  # noqa: S310 # ours
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status != 200)
    except (OSError, urllib.error.URLError) as error:
        print(error, file=sys.stderr)  # noqa: T201 # read in the container's health log
        return 1


if __name__ == "__main__":
    sys.exit(main())
