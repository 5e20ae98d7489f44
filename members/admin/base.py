"""What the pages about one application share."""

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from icrtop.accounts.models import User
from members.models import Application, ApplicationEvent
from members.states import CHANGE


class ApplicationView(WagtailAdminTemplateMixin, TemplateView):
    """Base of the pages where staff do something with one application.

    Drafts are the applicant's alone: there is no page for one.
    """

    header_icon = "form"
    permission = CHANGE
    index_url_name = ""
    inspect_url_name = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        self.object  # noqa: B018 # A draft, or none, is a 404 whatever is asked of it.
        return super().dispatch(request, *args, **kwargs)

    @property
    def staff(self) -> User:
        """Who is at it: the admin lets in nobody who is not logged in."""
        return cast(User, self.request.user)

    @cached_property
    def object(self) -> Application:
        found = Application.objects.sent().select_related("country", "assigned_to")
        application: Application = get_object_or_404(found, pk=self.kwargs["pk"])
        return application

    @property
    def file_url(self) -> str:
        return reverse(self.inspect_url_name, args=[self.kwargs["pk"]])

    def get_page_subtitle(self) -> str:
        return self.object.organisation_name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse(self.index_url_name), "label": _("Applications")},
            {"url": self.file_url, "label": str(self.object)},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = {"object": self.object, "file_url": self.file_url}
        context: dict[str, Any] = super().get_context_data(**{**own, **kwargs})
        return context

    def tell(self, text: str, *, done: bool = True, at: str = "") -> HttpResponse:
        """Go back to the file, and say there what was done, or why nothing was."""
        (messages.success if done else messages.error)(self.request, text)
        return redirect(f"{self.file_url}{at}")


def events_since(application: Application, seen: int) -> list[ApplicationEvent]:
    """What was done with an application after the entry of its trail that somebody saw last."""
    return list(application.events.filter(pk__gt=seen).order_by("pk"))


def last_event(application: Application) -> int:
    """The newest entry of its trail; 0 if there is none."""
    newest: int | None = application.events.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0
