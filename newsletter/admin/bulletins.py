"""Bulletins in the admin: their list, what its pages share, and the buttons that lead to them."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.pages.listing import IndexView, PageFilterSet
from wagtail.models import Page

from icrtop.accounts.models import User
from newsletter.models import BulletinPage, Mailing
from pages.admin import Listing

SEND = "newsletter.send_mailing"


class BulletinView(WagtailAdminTemplateMixin, View):
    """Base of the pages about one bulletin. Who may not edit it learns nothing of it.

    `needs_to_send` says whether the page is only for those who may send, too.
    """

    header_icon = "mail"
    needs_to_send = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_see(self.bulletin, request.user):
            raise PermissionDenied
        if self.needs_to_send and not request.user.has_perm(SEND):
            # Wagtail would lead to its first page, with an answer that looks like success.
            return TemplateResponse(request, "mail/admin/forbidden.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def bulletin(self) -> BulletinPage:
        bulletin: BulletinPage = get_object_or_404(BulletinPage, pk=self.kwargs["pk"])
        return bulletin

    @cached_property
    def draft(self) -> BulletinPage:
        """The bulletin with whatever was saved last, published or not."""
        draft: BulletinPage = self.bulletin.get_latest_revision_as_object()
        return draft

    @property
    def staff(self) -> User:
        """Who is at it: the admin lets in nobody who is not logged in."""
        return cast(User, self.request.user)

    @property
    def desk_url(self) -> str:
        return reverse("bulletins:desk", args=[self.bulletin.pk])

    def get_page_subtitle(self) -> str:
        return str(self.draft.title)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        items = [
            *self.breadcrumbs_items,
            {"url": reverse("bulletins:index"), "label": _("Bulletins")},
            {"url": self.desk_url, "label": self.draft.title},
        ]
        if self.request.path != self.desk_url:
            items.append({"url": "", "label": self.get_page_title()})
        return items

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {"bulletin": self.bulletin, "desk_url": self.desk_url, **context}

    def show(self, **context: Any) -> HttpResponse:
        response: HttpResponse = self.render_to_response(self.get_context_data(**context))
        return response


def may_edit(bulletin: BulletinPage, user: User | AnonymousUser) -> bool:
    return bool(bulletin.permissions_for_user(user).can_edit())


def may_see(bulletin: BulletinPage, user: User | AnonymousUser) -> bool:
    """Whether somebody may write this bulletin, or send it."""
    return user.has_perm(SEND) or may_edit(bulletin, user)


def refuse_to_delete(request: HttpRequest, pages: Iterable[Page]) -> HttpResponse | None:
    """Lead back with a word if a bulletin that staff have confirmed is among the pages, or below.

    Its readers have it, and the archive and the numbers are the record of that.
    """
    for page in pages:
        below = BulletinPage.objects.descendant_of(page, inclusive=True)
        if kept := below.exclude(mailings=None).first():
            messages.error(
                request,
                _("“%s” was sent, or is about to be, so it stays. You can unpublish it.") % kept,
            )
            return redirect("wagtailadmin_explore", page.pk)
    return None


class StateColumn(Column):
    """Whether a bulletin has been sent, or what it waits for."""

    def get_value(self, instance: Any) -> str:
        if instance.sent_at:
            return _("Sent")
        if instance.is_waiting:
            return _("About to be sent")
        return _("Published, not sent") if instance.live else _("Draft")


class BulletinFilterSet(PageFilterSet):
    """By date alone: what Wagtail offers beside it is the same for every bulletin."""

    owner = edited_by = site = has_child_pages = None


class BulletinIndexView(IndexView):
    def get_base_queryset(self) -> QuerySet[BulletinPage]:
        mailings = Mailing.objects.filter(bulletin=OuterRef("pk"))
        return (
            super()
            .get_base_queryset()
            .annotate(
                sent_at=Subquery(mailings.sent().order_by("-pk").values("queued_at")[:1]),
                is_waiting=Exists(mailings.waiting()),
            )
        )


class BulletinListing(Listing):
    """The bulletins, newest first, and the pages on which they are collected, tried and sent."""

    model = BulletinPage
    name = "bulletins"
    icon = "mail"
    menu_label = gettext_lazy("Bulletins")
    menu_order = 10
    add_to_admin_menu = False
    ordering = "-latest_revision_created_at"
    index_view_class = BulletinIndexView
    filterset_class = BulletinFilterSet
    columns = [
        # All are of one type, and there is more to say than whether they are published.
        *(each for each in Listing.common_columns if each.name not in ("type", "status")),
        StateColumn("state", label=gettext_lazy("Stands at")),
        DateColumn("sent_at", label=gettext_lazy("Sent"), sort_key="sent_at"),
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        # They import what is above.
        from newsletter.admin import collecting, desk, sending, trying

        return [
            *super().get_urlpatterns(),
            path("<int:pk>/", desk.DeskView.as_view(), name="desk"),
            path("<int:pk>/progress/", desk.DeskProgressView.as_view(), name="progress"),
            path("<int:pk>/collect/", collecting.CollectView.as_view(), name="collect"),
            path("<int:pk>/try/", trying.TryView.as_view(), name="try"),
            path("<int:pk>/send/", sending.SendView.as_view(), name="send"),
            path("<int:pk>/links/", sending.LinksView.as_view(), name="links"),
            path("<int:pk>/call-off/<int:mailing>/", desk.CallOffView.as_view(), name="call_off"),
        ]
