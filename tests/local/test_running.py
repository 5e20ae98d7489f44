"""The launcher's promise: it says what it does, and leaves nothing running."""

import http.client
import os
import signal
import socket
import stat

import psutil
import pytest

from icrtop.local.addresses import listen_address
from icrtop.local.folders import outside_folder
from icrtop.local.site import LOCAL_PASSWORD, Site
from tests.local.runs import Run, launch, left_running, wait_until_none_is_left

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def run(var):
    run = Run(var)
    yield run
    run.stop()


def status(run: Run, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(run.port), timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse().status
    connection.close()
    return answer


def test_the_site_answers_and_every_step_is_told(run):
    assert status(run, "/healthz") == 200
    for step in ("Environment", "PostgreSQL", "Valkey", "Mail", "Web", "Celery"):
        assert f"\n  {step} " in f"\n{run.said}"


def test_an_address_may_be_long(run):
    assert status(run, f"/search/?q={'a' * 10_000}") != 414


def test_nothing_but_the_site_and_the_mail_sink_listens(run, var):
    ports = {
        connection.laddr.port
        for process in left_running(var)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert int(run.port) in ports
    assert len(ports) == 2


def test_a_second_start_says_that_the_first_is_running(run, var):
    second = launch("run", var=var)
    assert second.returncode == 1
    assert f"Stopped: Already running here (process {run.process.pid})." in second.stdout


def test_data_in_use_is_not_deleted(run, var):
    done = launch("reset", var=var, FORCE="1")
    assert done.returncode == 1
    assert "Already running here" in done.stdout
    assert (var / "log").exists()


def test_a_port_in_use_is_named_with_who_uses_it(run, private_var):
    done = launch("run", var=private_var, PORT=run.port)
    assert done.returncode == 1
    assert f"Stopped: Port {run.port} on 127.0.0.1 is in use by python" in done.stdout
    assert left_running(private_var) == []


def test_django_commands_reach_the_running_site(run, var):
    done = launch(
        "manage", "shell", "--no-imports", "-c", "import icrtop; print('reached')", var=var
    )
    assert "reached" in done.stdout


def test_a_killed_launcher_leaves_nothing_and_the_next_start_works(run, var):
    run.stop(signal.SIGKILL)
    wait_until_none_is_left(var)
    again = Run(var)
    try:
        assert status(again, "/healthz") == 200
    finally:
        assert again.stop(signal.SIGTERM) == 0
    assert again.said.endswith("Stopped.\n")
    assert left_running(var) == []


def test_a_server_that_dies_stops_everything_with_one_line(var):
    run = Run(var)
    valkey = [one for one in left_running(var) if "valkey-server" in one.name()]
    assert len(valkey) == 1
    valkey[0].kill()
    assert run.process.wait(60) == 1
    run.stop()
    assert "Stopped: Valkey ended by itself (killed by SIGKILL)." in run.said
    assert left_running(var) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps data elsewhere")
def test_root_opens_no_private_folder(private_var):
    before = {
        path: path.stat().st_mode
        for path in (*private_var.parents, outside_folder(private_var).parent)
    }
    run = Run(private_var, "servers")
    outside = outside_folder(private_var)
    try:
        assert outside.exists()
        assert f"kept in {outside}" in run.said
        assert {path: path.stat().st_mode for path in before} == before
        assert stat.S_IMODE((outside / "postgres").stat().st_mode) == 0o700
    finally:
        assert run.stop(signal.SIGINT) == 0
    assert launch("reset", var=private_var, FORCE="1").returncode == 0
    assert not outside.exists()


@pytest.mark.parametrize(
    ("host", "guessable"),
    [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)],  # noqa: S104
)
def test_where_others_reach_the_site_nobody_guesses_the_login(
    private_var, monkeypatch, host, guessable
):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("PORT", "0")
    private_var.mkdir()
    address = listen_address()
    site = Site(None, private_var, address, debug=False)
    address.listener.close()
    password = site.env["LOCAL_STAFF_PASSWORD"]
    kept = private_var / "staff-password"
    assert (password == LOCAL_PASSWORD) is guessable
    assert kept.exists() is not guessable
    if not guessable:
        assert len(password) >= 16
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_dead_database_is_one_line(private_var):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        done = launch("run", var=private_var, DATABASE_URL=f"postgres://x@127.0.0.1:{port}/x")
    assert done.returncode == 1
    assert f"Stopped: PostgreSQL does not answer at 127.0.0.1:{port}/x: " in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert left_running(private_var) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("PORT", "70000"), ("HOST", "no such host"), ("HOST", "192.0.2.1")],
)
def test_an_address_that_cannot_be_is_one_line(private_var, name, value):
    done = launch("run", var=private_var, **{name: value})
    assert done.returncode == 1
    assert f"Stopped: {name}={value} is no " in done.stdout


def test_a_folder_that_cannot_be_written_is_one_line(private_var):
    place = private_var / "closed" / "var" if os.geteuid() else "/proc/icrtop/var"
    if os.geteuid():
        place.parent.mkdir(parents=True)
        place.parent.chmod(0o500)
    done = launch("run", var=place)
    assert done.returncode == 1
    assert done.stdout.count("Stopped: ") == 1
    assert "Traceback" not in done.stderr
