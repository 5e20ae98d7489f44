"""What the pages share where staff do something with one member."""

from typing import Any, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from icrtop.accounts.models import User
from members.models import Organisation
from members.services.reconfirming import CHANGE_TERM


class MemberActionView(WagtailAdminTemplateMixin, FormView):
    """Says what will happen to a member, and asks."""

    template_name = "members/admin/member_action.html"
    header_icon = "group"
    form_class: type[forms.Form] = forms.Form
    label: str | Promise = ""
    serious = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(CHANGE_TERM):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @property
    def staff(self) -> User:
        """Who is at it: the admin lets in nobody who is not logged in."""
        return cast(User, self.request.user)

    @cached_property
    def object(self) -> Organisation:
        organisation: Organisation = get_object_or_404(Organisation, pk=self.kwargs["pk"])
        return organisation

    @property
    def back_url(self) -> str:
        return reverse("organisations:inspect", args=[self.kwargs["pk"]])

    def says(self) -> list[str]:
        """What will happen, in sentences."""
        return []

    def get_page_title(self) -> str:
        return str(self.label)

    def get_page_subtitle(self) -> str:
        return self.object.name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("organisations:index"), "label": _("Organisations")},
            {"url": self.back_url, "label": self.object.name},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {"label": self.label, "serious": self.serious, "says": self.says()}
        return super().get_context_data(back_url=self.back_url, **own, **kwargs)

    def tell(self, text: str, *, done: bool = True) -> HttpResponse:
        (messages.success if done else messages.warning)(self.request, text)
        return redirect(self.back_url)
