"""Importing files of subscribers in the admin: the list of imports, and the page of each."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.ui.tables import TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.views.mixins import Echo
from wagtail.admin.widgets.button import HeaderButton

from icrtop.mail.admin.columns import MomentColumn, TextColumn
from icrtop.mail.headers import one_line
from icrtop.mail.permissions import LimitedPolicy
from icrtop.mail.readonly import ReadOnlyViewSet
from icrtop.spreadsheets import harmless
from newsletter.admin.import_form import ImportForm, sample
from newsletter.admin.import_page import ImportInspectView, ImportProgressView
from newsletter.admin.managing import MANAGE, ManagingView
from newsletter.imports import running
from newsletter.models import SubscriberImport, Verdict
from newsletter.models.imports import REJECTED


class ManagersPolicy(LimitedPolicy):
    """Whoever may manage subscribers may import them, and see what was imported."""

    def user_has_permission(self, user: AbstractBaseUser | AnonymousUser, action: str) -> bool:
        may_manage = isinstance(user, PermissionsMixin) and user.has_perm(MANAGE)
        return action in self.actions and may_manage


class ImportIndexView(generic.IndexView):
    page_title = gettext_lazy("Imports")

    def get_base_queryset(self) -> QuerySet[SubscriberImport]:
        return SubscriberImport.objects.select_related("by").prefetch_related("mailing_lists")

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        return [HeaderButton(_("Import a file"), url=reverse("imports:add"), icon_name="plus")]


class UploadView(ManagingView):
    label = gettext_lazy("Check the file")
    page_title = gettext_lazy("Import subscribers")
    template_name = "newsletter/admin/import_upload.html"
    form_class = ImportForm
    header_icon = "table"

    @property
    def back_url(self) -> str:
        return reverse("imports:index")

    def get_page_title(self) -> str:
        return str(self.page_title)

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": self.back_url, "label": _("Imports")},
            {"url": "", "label": self.get_page_title()},
        ]

    def form_invalid(self, form: ImportForm) -> HttpResponse:
        if "file" not in form.errors:
            form.add_error("file", _("Please choose the file again: browsers do not keep it."))
        return super().form_invalid(form)

    def form_valid(self, form: ImportForm) -> HttpResponse:
        given = form.cleaned_data
        batch = SubscriberImport(
            file_name=one_line(given["file"].name)[:200],
            encoding=form.layout.encoding,
            ignored=list(form.layout.ignored),
            language=given["language"],
            source=given["source"],
            by=self.staff,
        )
        running.upload(batch, form.content, list(given["lists"]))
        return redirect("imports:inspect", batch.pk)


class DecisionView(ManagingView):
    """Base of what the buttons on a checked import's page do."""

    http_method_names = ["post"]

    @cached_property
    def object(self) -> SubscriberImport:
        batch: SubscriberImport = get_object_or_404(SubscriberImport, pk=self.kwargs["pk"])
        return batch

    def decide(self) -> bool:
        """Do it. False: somebody else has decided, or the same click twice."""
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.decide():
            state = SubscriberImport.objects.get(pk=self.object.pk).get_state_display()
            text = _("Nothing was done: the file is no longer to be decided about (%(state)s).")
            messages.warning(request, text % {"state": state})
        return redirect("imports:inspect", self.object.pk)


class ConfirmImportView(DecisionView):
    def decide(self) -> bool:
        return running.confirm(self.object, self.staff)


class DiscardImportView(DecisionView):
    def decide(self) -> bool:
        return running.discard(self.object)


class RejectedView(ManagingView):
    """The rows that are not imported, with their lines and the reasons, as a file."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        batch = get_object_or_404(SubscriberImport, pk=self.kwargs["pk"])
        response = StreamingHttpResponse(self.lines(batch), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="not-imported-{batch.pk}.csv"'
        return response

    def lines(self, batch: SubscriberImport) -> Iterator[bytes]:
        writer = csv.writer(Echo())
        yield writer.writerow([_("line"), _("what"), _("reason"), "email", "name"])
        rows = batch.rows.filter(verdict__in=REJECTED).iterator(chunk_size=2000)
        for row in rows:
            cells = (Verdict(row.verdict).label, row.why, row.email, row.name)
            yield writer.writerow([row.line, *map(harmless, cells)])


class SampleView(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponse(sample(), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="subscribers-sample.csv"'
        return response


class ImportViewSet(ReadOnlyViewSet):
    model = SubscriberImport
    name = "imports"
    icon = "table"
    menu_label = gettext_lazy("Imports")
    index_template_name = "newsletter/admin/index.html"
    inspect_template_name = "newsletter/admin/import.html"
    index_view_class = ImportIndexView
    inspect_view_class = ImportInspectView
    search_fields: list[str] = []
    list_display = [
        TitleColumn("file_name", label=gettext_lazy("File"), url_name="imports:inspect"),
        TextColumn("get_state_display", label=gettext_lazy("State")),
        TextColumn(
            "mailing_lists",
            label=gettext_lazy("Lists"),
            accessor=lambda batch: ", ".join(map(str, batch.mailing_lists.all())),
        ),
        TextColumn(
            "created_subscribers",
            label=gettext_lazy("New subscribers"),
            classname="outbox-number",
            accessor=lambda batch: intcomma(batch.created_subscribers or ""),
        ),
        TextColumn("by", label=gettext_lazy("Uploaded by")),
        MomentColumn("created", label=gettext_lazy("Uploaded")),
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        watch = {
            **self.get_inspect_view_kwargs(),
            "template_name": "newsletter/admin/import_progress.html",
        }
        return [
            *super().get_urlpatterns(),
            path("new/", self.construct_view(UploadView), name="add"),
            path("sample/", SampleView.as_view(), name="sample"),
            path("<int:pk>/confirm/", self.construct_view(ConfirmImportView), name="confirm"),
            path("<int:pk>/discard/", self.construct_view(DiscardImportView), name="discard"),
            path("<int:pk>/rejected/", self.construct_view(RejectedView), name="rejected"),
            path(
                "<int:pk>/progress/",
                self.construct_view(ImportProgressView, **watch),
                name="progress",
            ),
        ]
