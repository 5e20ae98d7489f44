"""Applications in the admin: which pages there are, for whom."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.admin_url_finder import ModelAdminURLFinder, register_admin_url_finder
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from members.admin.assigning import AssignView
from members.admin.deleting import ApplicationDeleteView
from members.admin.file_page import ApplicationInspectView
from members.admin.filters import ApplicationFilterSet
from members.admin.moves import MoveView
from members.admin.notes import NoteView
from members.admin.queue import COLUMNS, EXPORTED, ApplicationIndexView
from members.admin.writing import WriteView
from members.models import Application


class ApplicationPolicy(ModelPermissionPolicy):
    """Applications come in by the public form alone; staff move them on, and delete junk."""

    def user_has_permission(self, user: AbstractBaseUser | AnonymousUser, action: str) -> bool:
        return action != "add" and super().user_has_permission(user, action)


class ApplicationURLFinder(ModelAdminURLFinder):
    edit_url_name = "applications:inspect"


class ApplicationViewSet(ModelViewSet):
    model = Application
    name = "applications"
    icon = "form"
    menu_label = _("Applications")
    add_to_reference_index = False
    copy_view_enabled = False
    inspect_view_enabled = True
    index_template_name = "members/admin/queue.html"
    inspect_template_name = "members/admin/file.html"
    delete_template_name = "members/admin/delete.html"
    index_view_class = ApplicationIndexView
    inspect_view_class = ApplicationInspectView
    delete_view_class = ApplicationDeleteView
    filterset_class = ApplicationFilterSet
    search_fields = ["organisation_name"]
    search_backend_name = None
    form_fields: list[str] = []
    list_per_page = 50
    list_display = COLUMNS
    list_export = list(EXPORTED)
    export_headings = EXPORTED
    export_filename = "applications"

    def get_urlpatterns(self) -> list[URLPattern]:
        shown = {"index", "index_results", "inspect", "delete"}
        return [
            *(pattern for pattern in super().get_urlpatterns() if pattern.name in shown),
            path("<int:pk>/assign/", self.construct_view(AssignView), name="assign"),
            path("<int:pk>/note/", self.construct_view(NoteView), name="note"),
            path("<int:pk>/write/", self.construct_view(WriteView), name="write"),
            path("<int:pk>/<slug:move>/", self.construct_view(MoveView), name="move"),
        ]

    def get_common_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        # Nobody adds applications here, or changes what was sent in.
        missing = ("add", "edit", "history", "usage")
        return super().get_common_view_kwargs(
            **{f"{name}_url_name": None for name in missing}, **kwargs
        )

    def get_inspect_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        own = ("move", "assign", "note", "write")
        url_names = {name: self.get_url_name(name) for name in own}
        return super().get_inspect_view_kwargs(url_names=url_names, **kwargs)

    def register_admin_url_finder(self) -> None:
        register_admin_url_finder(Application, ApplicationURLFinder)
