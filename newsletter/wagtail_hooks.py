"""The listserv in the admin's menu, and who may do what with its rows."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.admin.widgets.button import Button
from wagtail.models import Page
from wagtail.permissions import register_permission_policy

from icrtop.accounts.models import User
from icrtop.mail.models import Suppression
from icrtop.mail.permissions import LimitedPolicy
from newsletter.admin import announcing
from newsletter.admin.alerts import CALLED_OFF, AlertViewSet
from newsletter.admin.bounces import BounceViewSet
from newsletter.admin.bulletins import BulletinListing, may_see, refuse_to_delete
from newsletter.admin.imports import ImportViewSet, ManagersPolicy
from newsletter.admin.lists import MailingListViewSet
from newsletter.admin.subscribers import SubscriberViewSet
from newsletter.admin.suppressions import SuppressionViewSet
from newsletter.models import Alert, Bounce, BulletinPage, MailingList, Subscriber, SubscriberImport
from newsletter.services.managing import LIFT, SUPPRESS

register_permission_policy(Subscriber, LimitedPolicy(Subscriber, {"view", "manage"}))
# A list that was ever used is part of its subscribers' consent: it is closed, not deleted.
register_permission_policy(MailingList, LimitedPolicy(MailingList, {"add", "change", "view"}))

register_permission_policy(Alert, LimitedPolicy(Alert, {"view", "call_off"}))
register_permission_policy(Bounce, LimitedPolicy(Bounce, {"view"}))
register_permission_policy(SubscriberImport, ManagersPolicy(SubscriberImport, {"view"}))
register_permission_policy(Suppression, LimitedPolicy(Suppression, {"view", "manage"}))


class ListservGroup(ModelViewSetGroup):
    menu_label = _("Listserv")
    menu_icon = "mail"
    menu_order = 810
    items = (
        BulletinListing,
        AlertViewSet,
        SubscriberViewSet,
        ImportViewSet,
        MailingListViewSet,
        SuppressionViewSet,
        BounceViewSet,
    )


@hooks.register("register_admin_viewset")
def register_listserv() -> ListservGroup:
    return ListservGroup()


@hooks.register("register_page_header_buttons")
def lead_to_the_desk(
    page: Page,
    user: User | AnonymousUser,
    view_name: str,
    next_url: str | None = None,
) -> Iterator[Button]:
    """On a bulletin's editor, the way to collecting, trying and sending it."""
    if isinstance(page, BulletinPage) and may_see(page, user):
        url = reverse("bulletins:desk", args=[page.pk])
        yield Button(_("Collect, try, send"), url=url, icon_name="mail", priority=5)


hooks.register("after_publish_page", announcing.after_publishing)
hooks.register("after_edit_page", announcing.after_moderating)


@hooks.register("before_delete_page")
def keep_what_was_sent(request: HttpRequest, page: Page) -> HttpResponse | None:
    return refuse_to_delete(request, [page])


@hooks.register("before_bulk_action")
def keep_all_that_was_sent(
    request: HttpRequest, action_type: str, objects: Sequence[Model], action: Any
) -> HttpResponse | None:
    pages = [each for each in objects if isinstance(each, Page)]
    return refuse_to_delete(request, pages) if action_type == "delete" else None


@hooks.register("register_log_actions")
def register_actions(actions: Any) -> None:
    actions.register_action("newsletter.send", _("Send"), _("Sent to mailing lists"))
    actions.register_action("newsletter.call_off", _("Call off"), _("Called a mailing off"))
    actions.register_action(CALLED_OFF, _("Call off"), _("Called an alert off"))
    actions.register_action(SUPPRESS, _("Suppress"), _("Suppressed an address"))
    actions.register_action(LIFT, _("Lift"), _("Lifted the suppression of an address"))
