"""Who may look at messages, and who may control them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from icrtop.mail import control
from icrtop.mail.finishing import finish_messages
from icrtop.mail.models import Message, State
from tests.mail.staff import (
    address_of,
    controller,
    message_with,
    states_of,
    user_with,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    client.force_login(controller())
    return client


ACTIONS = ("pause", "resume", "cancel", "retry", "send-again")


def test_who_may_only_look_sees_no_buttons_and_is_refused(client):
    message = message_with({State.PENDING: 1, State.UNCERTAIN: 1})
    client.force_login(user_with("view_message", "view_delivery"))
    page = client.get(reverse("messages:inspect", args=[message.pk])).content.decode()
    addresses = [address_of(message, action) for action in ACTIONS]
    for address in [*addresses, reverse("messages:resume_all")]:
        assert address not in page
        assert client.get(address).status_code == 403
        assert client.post(address, {"letters": 1, "messages": 1}).status_code == 403
    assert states_of(message) == [State.PENDING, State.UNCERTAIN]


def test_a_page_that_asks_changes_nothing(staff):
    message = message_with({State.PENDING: 1, State.DEFERRED: 1, State.UNCERTAIN: 1})
    message.deliveries.filter(state=State.DEFERRED).update(
        next_attempt_at=timezone.now() + timedelta(hours=1)
    )
    before = (
        list(Message.objects.order_by("pk").values()),
        list(message.deliveries.order_by("pk").values()),
    )
    for action in ("pause", "cancel", "retry", "send-again"):
        assert staff.get(address_of(message, action)).status_code == 200
    assert before == (
        list(Message.objects.order_by("pk").values()),
        list(message.deliveries.order_by("pk").values()),
    )


def test_a_form_of_another_site_does_nothing(staff):
    message = message_with({State.PENDING: 1})
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = staff.cookies
    answer = strict.post(address_of(message, "cancel"), {"letters": 1, "messages": 1})
    assert answer.status_code == 403
    assert states_of(message) == [State.PENDING]


def test_buttons_are_there_only_where_they_apply(staff):
    def buttons(message):
        page = staff.get(reverse("messages:inspect", args=[message.pk])).content.decode()
        return {action for action in ACTIONS if address_of(message, action) in page}

    fresh, held = message_with({State.PENDING: 1}), message_with({State.PENDING: 1})
    control.pause(held, "")
    sent = message_with({State.SENT: 1})
    finish_messages()
    assert buttons(fresh) == {"pause", "cancel"}
    assert buttons(held) == {"resume", "cancel"}
    assert buttons(sent) == set()


def test_an_action_that_there_is_not_is_not_found(staff):
    message = message_with({State.PENDING: 1})
    assert staff.get(address_of(message, "delete")).status_code == 404


@pytest.mark.parametrize("group", ["Secretariat", "Listserv"])
def test_these_groups_may_look_and_control(content, group):
    names = set(
        Group.objects.get(name=group)
        .permissions.filter(content_type__app_label="mail")
        .values_list("codename", flat=True)
    )
    assert {"view_message", "control_message", "view_delivery"} <= names


def test_a_superuser_may_control(admin_client):
    message = message_with({State.PENDING: 1})
    assert admin_client.get(address_of(message, "pause")).status_code == 200
