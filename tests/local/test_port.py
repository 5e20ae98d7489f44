"""The port is ours from the first moment, not only when the web server starts."""

import pytest

from icrtop.local import addresses
from icrtop.local.output import Failure


def test_a_port_is_taken_at_once(monkeypatch):
    monkeypatch.setattr(addresses, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setenv("HOST", "127.0.0.1")
    monkeypatch.setenv("PORT", "0")
    first = addresses.listen_address()
    with first.listener:
        monkeypatch.setenv("PORT", str(first.port))
        with pytest.raises(Failure, match=f"Port {first.port} on 127.0.0.1 is in use"):
            addresses.listen_address()
