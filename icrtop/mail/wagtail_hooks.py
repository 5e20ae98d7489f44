"""The group "Outbox" of the admin's menu, and what of it waits on the first page."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.site_summary import SummaryItem
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.permissions import register_permission_policy

from icrtop.mail.admin.actions import ACTIONS
from icrtop.mail.admin.letters import LetterViewSet
from icrtop.mail.admin.logging import register_action
from icrtop.mail.admin.messages import MessageViewSet
from icrtop.mail.admin.summary import LettersSummaryItem, MessagesSummaryItem
from icrtop.mail.models import Delivery, Message
from icrtop.mail.permissions import LimitedPolicy

register_permission_policy(Delivery, LimitedPolicy(Delivery, {"view"}))
register_permission_policy(Message, LimitedPolicy(Message, {"view", "control"}))


class OutboxGroup(ModelViewSetGroup):
    items = (MessageViewSet, LetterViewSet)
    menu_label = _("Outbox")
    menu_icon = "upload"
    menu_order = 820


@hooks.register("register_admin_viewset")
def register_outbox() -> OutboxGroup:
    return OutboxGroup()


@hooks.register("construct_homepage_summary_items")
def add_what_waits(request: HttpRequest, items: list[SummaryItem]) -> None:
    items += [MessagesSummaryItem(request), LettersSummaryItem(request)]


@hooks.register("register_log_actions")
def register_actions(actions: Any) -> None:
    for action in ACTIONS.values():
        register_action(actions, action)
