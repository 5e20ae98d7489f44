"""How many letters a second leave the outbox, and how many could at best.

    make bench-mail
    make bench-mail ARGS="--letters 500000 --workers 2"

Everything is real: Celery workers, a PostgreSQL that waits for the disk at each commit, and 11 KB
letters with an address to unsubscribe of each reader's own. Only the mail server is one that throws
letters away: postfix's `smtp-sink` if it is installed, else bench/smtp_sink.py, which costs more.

The ceiling, measured in the same run, is what Python could do without any bookkeeping: smtplib on
one connection per process, with a letter that is ready.
"""

import argparse
import multiprocessing
import os
import re
import shutil
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import django
import psutil

HERE = Path(__file__).parent
START_SECONDS = 60
SINK_COUNT = re.compile(rb"sess=(\d+) quit=\d+ mesg=(\d+)")


class Result(NamedTuple):
    letters_per_second: float
    megabytes: float
    connections: int


def wait_for(condition: Callable[[], bool], seconds: float = START_SECONDS) -> None:
    stop = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > stop:
            raise SystemExit("It took too long.")
        time.sleep(0.05)


class Sink:
    """The mail server, and what it says it has taken so far."""

    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log

    def counts(self) -> tuple[int, int]:
        """Connections and letters."""
        found = SINK_COUNT.findall(self.log.read_bytes()[-400:])
        return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)


@contextmanager
def running_sink(log: Path) -> Iterator[Sink]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    command = [sys.executable, str(HERE / "smtp_sink.py"), str(port)]
    if program:
        # It does not like to be root.
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [program, "-c", *user, f"127.0.0.1:{port}", "1000"]
    print(f"Mail server: {Path(command[0]).name if program else 'bench/smtp_sink.py'}")
    with log.open("wb") as output:
        sink = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_for(lambda: _listens(port))
        yield Sink(port, log)
    finally:
        sink.terminate()
        sink.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def prepare(readers: int) -> None:
    """Make the tables, and as many subscribers as there are to be letters."""
    from django.core.management import call_command
    from django.db import connection

    from newsletter.models.subscribers import Subscriber

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Subscriber._meta.db_table} CASCADE")
        cursor.execute(
            f"INSERT INTO {Subscriber._meta.db_table} (email, normalised, name, language)"
            " SELECT address, address, name, 'en' FROM ("
            "  SELECT 'reader' || i || '@example' || i %% 50 || '.org', 'Reader No. ' || i"
            "  FROM generate_series(1, %s) AS i"
            " ) AS reader (address, name)",
            [readers],
        )
        cursor.execute(f"ANALYZE {Subscriber._meta.db_table}")


def queue() -> object:
    """Queue a bulletin to all subscribers, in the place of the one before."""
    from django.db import connection

    from icrtop.mail.audiences import Audience
    from icrtop.mail.letters import tidy_text
    from icrtop.mail.lists import MailingListHeaders
    from icrtop.mail.models import Priority
    from icrtop.mail.services import queue_message
    from newsletter.models.subscribers import Subscriber

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mail_message CASCADE")
    words = "What States have said and done to protect people since the last bulletin. "
    leave = "https://www.example.org/listserv/leave/[[leave]]/"
    paragraphs = [f"{number}. {words * 2}" for number in range(1, 29)]
    html = "".join(f"<p style='margin: 0 0 1em'>{paragraph}</p>\n" for paragraph in paragraphs)
    return queue_message(
        to=Audience(Subscriber.objects.all(), name="name", merge={"leave": "pk", "name": "name"}),
        subject="RtoP Bulletin for [[name]]",
        purpose="bench",
        html=f"<html><body><h1>RtoP Bulletin</h1>{html}<a href='{leave}'>Leave</a></body></html>",
        text=tidy_text("\n\n".join([*paragraphs, f"Leave: {leave}"])),
        signed={"leave": "bench"},
        mailing_list=MailingListHeaders(
            "bulletin",
            "RtoP Bulletin",
            leave,
            "mailto:leave@example.org?subject=[[leave]]",
        ),
        priority=Priority.BULK,
    )


def measure(workers: int, letters: int, sink: Sink) -> Result:
    """Send a bulletin with real workers."""
    from django.db.models import Max

    from icrtop.celery import app
    from icrtop.mail.models import Delivery, Message, State

    queue()
    connections, taken = sink.counts()
    command = ["-m", "celery", "-A", "icrtop", "worker", f"--concurrency={workers}"]
    options = ["--pool=prefork", "--loglevel=ERROR", "--without-mingle", "--without-gossip"]
    log = Path(os.environ["VAR_DIR"]) / "worker.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, *command, *options], stdout=output, stderr=output, cwd=HERE.parent
        )
    try:
        processes = psutil.Process(worker.pid)
        wait_for(lambda: len(processes.children()) >= workers)
        for _process in range(workers):
            app.send_task("icrtop.mail.tasks.send_due")
        wait_for(lambda: Message.objects.exclude(finished_at=None).exists(), 36_000)
        peak = max(_peak_megabytes(child.pid) for child in processes.children())
    finally:
        worker.terminate()
        worker.wait()
    sent = Delivery.objects.filter(state=State.SENT)
    took = sent.aggregate(end=Max("changed"))["end"] - Message.objects.get().started_at
    assert sent.count() == letters, Message.objects.get().tally
    after = sink.counts()
    assert after[1] - taken == letters, f"{after[1] - taken} letters have arrived"
    return Result(letters / took.total_seconds(), peak, after[0] - connections)


def _peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def measure_ceiling(processes: int, letters: int, sink: Sink) -> float:
    """Letters a second with smtplib alone."""
    from icrtop.mail.composing import compose
    from icrtop.mail.models import Delivery

    letter = compose(Delivery.objects.select_related("message").first())
    context = multiprocessing.get_context("fork")
    together = context.Barrier(processes + 1)
    senders = [
        context.Process(target=_send_plainly, args=(letters // processes, letter, sink, together))
        for _process in range(processes)
    ]
    for sender in senders:
        sender.start()
    together.wait()
    started = time.perf_counter()
    for sender in senders:
        sender.join()
    return letters / (time.perf_counter() - started)


def _send_plainly(letters: int, letter: bytes, sink: Sink, together: object) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port) as server:
        together.wait()
        for number in range(letters):
            server.sendmail("info@example.org", f"reader{number}@example.org", letter)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--letters", type=int, default=20_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    var = Path(os.environ["VAR_DIR"])
    with running_sink(var / "sink.log") as sink:
        os.environ["SMTP_URL"] = f"smtp://127.0.0.1:{sink.port}"
        django.setup()
        from icrtop.mail.composing import compose
        from icrtop.mail.models import Delivery

        prepare(options.letters)
        queue()
        size = len(compose(Delivery.objects.select_related("message").first()))
        print(f"{options.letters} letters of {size} bytes, {os.cpu_count()} cores\n")
        columns = ("workers", "letters/s", "ceiling/s", "of it", "MB", "connections")
        print("".join(f"{column:>13}" for column in columns))
        for workers in options.workers * options.rounds:
            result = measure(workers, options.letters, sink)
            ceiling = measure_ceiling(workers, min(options.letters, 20_000), sink)
            share = result.letters_per_second / ceiling
            print(
                f"{workers:>13}{result.letters_per_second:>13.0f}{ceiling:>13.0f}{share:>13.0%}"
                f"{result.megabytes:>13.0f}{result.connections:>13}",
                flush=True,
            )
    print("\nMB: the most that a worker process ever held, memory shared with others included.")


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    main()
