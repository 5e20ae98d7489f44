from collections.abc import Iterator
from contextlib import contextmanager

import environ
import pytest
from django.core.management import call_command
from django.db import connection

from icrtop.mail import nudging
from tests.faults import outbox
from tests.faults.processes import Process, Staff
from tests.faults.servers import Servers, running_servers
from tests.mail.sink import Sink, running_sink


@contextmanager
def database_of(servers: Servers) -> Iterator[None]:
    """Have this process use the database of these servers."""
    ours = environ.Env.db_url_config(servers.database_url)
    before = connection.settings_dict.copy()
    connection.close()
    connection.settings_dict.update({name: ours[name] for name in ("NAME", "USER", "HOST", "PORT")})
    connection.settings_dict["OPTIONS"] = ours["OPTIONS"]
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


@pytest.fixture(scope="session")
def servers(django_db_blocker) -> Iterator[Servers]:
    with running_servers() as servers, django_db_blocker.unblock():
        with database_of(servers):
            call_command("migrate", verbosity=0)
        yield servers


@pytest.fixture(scope="module")
def _sink() -> Iterator[Sink]:
    with running_sink(password="right") as sink:
        yield sink


@pytest.fixture(scope="module")
def _staff(servers: Servers, _sink: Sink) -> Iterator[Staff]:
    servers.start()
    staff = Staff(servers, _sink)
    yield staff
    staff.idle = None
    staff.send_home()


@pytest.fixture
def sink(_sink: Sink) -> Iterator[Sink]:
    """A mail server with a password, at an address that does not change."""
    yield _sink
    _sink.reset(password="right")


@pytest.fixture
def staff(
    _staff: Staff, sink: Sink, servers: Servers, django_db_blocker, monkeypatch
) -> Iterator[Staff]:
    """Who does the work in a test, on an empty outbox that this process sees too."""
    servers.start()
    with django_db_blocker.unblock(), database_of(servers):
        outbox.empty()
        with monkeypatch.context() as patch:
            patch.setattr(nudging, "app", outbox.app_of(servers.redis_url))
            nudging.app.control.purge()  # Of what the test before has asked for.
            yield _staff
        _staff.send_home()


@pytest.fixture
def worker(staff: Staff, sink: Sink) -> Iterator[Process]:
    """A worker that the test does not disturb."""
    worker = staff.worker()
    yield worker
    sink.let_go()
    staff.keep(worker)
