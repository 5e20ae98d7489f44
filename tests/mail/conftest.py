from collections.abc import Iterator

import pytest

from tests.mail.sink import Sink, running_sink


@pytest.fixture
def sink(settings) -> Iterator[Sink]:
    """A mail server of this test alone, that the site sends to."""
    with running_sink() as sink:
        settings.SMTP_URL = sink.url
        yield sink
