"""Whether a server answers: conditions to wait for."""

import http.client
import socket


def mail_server_greets(port: int) -> bool:
    """Whether an SMTP server on this machine's port says hello."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False


def site_is_healthy(address: tuple[str, int]) -> bool:
    """Whether the site at an address (IP, port) says that it is well."""
    connection = http.client.HTTPConnection(*address, timeout=30)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def worker_answers(redis_url: str, name: str) -> bool:
    """Whether a Celery worker of this name, NODE@HOST, answers over its broker."""
    from celery import Celery  # Late, as it takes its time.

    if redis_url.startswith("unix://"):  # The same as in the settings, which take longer to load.
        redis_url = f"redis+socket{redis_url[4:].replace('?db=', '?virtual_host=')}"
    with Celery(broker=redis_url, set_as_current=False) as app:
        try:
            return bool(
                app.control.broadcast("ping", destination=[name], reply=True, timeout=1, limit=1)
            )
        except (OSError, app.connection_for_write().connection_errors):
            return False
