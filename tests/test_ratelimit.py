"""Who counts as one: a client, and a mailbox."""

import pytest

from icrtop.mail.addresses import mailbox
from icrtop.ratelimit import allow, client_address, has_room


@pytest.mark.parametrize(
    ("sent", "proxies", "counted"),
    [
        ({}, 0, "192.0.2.1"),
        ({"X-Forwarded-For": "198.51.100.1"}, 0, "192.0.2.1"),
        ({"X-Forwarded-For": "198.51.100.1"}, 1, "198.51.100.1"),
        ({"X-Forwarded-For": "9.9.9.9, 198.51.100.1"}, 1, "198.51.100.1"),
        ({"X-Forwarded-For": "9.9.9.9, 198.51.100.1:4711"}, 1, "198.51.100.1"),
        ({"X-Forwarded-For": "9.9.9.9, 198.51.100.1, 10.0.0.1"}, 2, "198.51.100.1"),
        ({"X-Forwarded-For": "198.51.100.1"}, 2, "192.0.2.1"),
        ({"X-Forwarded-For": "9.9.9.9, "}, 1, "192.0.2.1"),
        ({"X-Forwarded-For": "2001:db8:1:2:3:4:5:6"}, 1, "2001:db8:1:2::/64"),
        ({"X-Forwarded-For": "[2001:db8:1:2::7]:4711"}, 1, "2001:db8:1:2::/64"),
        ({"X-Forwarded-For": "::ffff:198.51.100.1"}, 1, "198.51.100.1"),
        ({"X-Forwarded-For": "::1"}, 1, "::/64"),
        ({"X-Forwarded-For": "unknown"}, 1, "unknown"),
    ],
)
def test_the_client_is_whom_the_last_trusted_proxy_saw(rf, settings, sent, proxies, counted):
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", headers=sent, REMOTE_ADDR="192.0.2.1")
    assert client_address(request) == counted


@pytest.mark.parametrize(
    "address",
    ["jo.doe@bücher.example", "JoDoe+list@BÜCHER.example", "j.o.d.o.e+a+b@xn--bcher-kva.example"],
)
def test_one_mailbox_is_counted_once(address):
    assert mailbox(address) == "jodoe@xn--bcher-kva.example"


def test_a_local_part_of_nothing_but_a_tag_stays():
    assert mailbox("+tag@example.org") == "+tag@example.org"


def test_looking_for_room_takes_none():
    for _ in range(3):
        assert has_room("1/hour", "test", "somebody")
    assert allow("1/hour", "test", "somebody")
    assert not has_room("1/hour", "test", "somebody")
    assert not allow("1/hour", "test", "somebody")
