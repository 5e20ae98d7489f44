"""What will be anonymised and deleted, one file anonymised at once, and one file as a ZIP."""

import datetime

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.auth import permission_required
from wagtail.admin.menu import MenuItem

from members.exporting import export
from members.models import Application, MembershipSettings
from members.retention import terms
from members.retention.anonymising import anonymise
from members.services.moving import MoveNotAllowed
from members.states import CHANGE, ENDED_WITHOUT

VIEW = "members.view_application"
PREVIEW_DAYS = 30
# More stand on no page: they are counted.
MOST_SHOWN = 200


@permission_required(VIEW)
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """What would go today, and what in the next thirty days, if nobody does anything."""
    now = terms.now()
    later = now + datetime.timedelta(days=PREVIEW_DAYS)
    today, soon = terms.ended_before(now), terms.ended_before(later)
    soon = soon.exclude(pk__in=today.values("pk"))
    parts = [
        (_("On the next run"), today.count(), today[:MOST_SHOWN]),
        (
            _("In the %(days)d days after it") % {"days": PREVIEW_DAYS},
            soon.count(),
            soon[:MOST_SHOWN],
        ),
    ]
    context = {
        "page_title": _("Retention"),
        "header_icon": "bin",
        "parts": parts,
        "drafts_now": terms.drafts_to_delete(now).count(),
        "drafts_later": terms.forgotten_drafts(later).count(),
        "anonymised": Application.objects.exclude(anonymised_at=None).count(),
        "rules": MembershipSettings.current(),
        "warning_days": terms.WARNING_DAYS,
        "may_change": request.user.has_perm(CHANGE),
    }
    return TemplateResponse(request, "members/admin/retention.html", context)


@permission_required(CHANGE)
@require_http_methods(["GET", "HEAD", "POST"])
def anonymise_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, with what will be gone, and do it."""
    application = get_object_or_404(Application.objects.sent(), pk=pk)
    page = reverse("applications:inspect", args=[pk])
    if application.state not in ENDED_WITHOUT or application.anonymised_at:
        return _refuse(request, page)
    if request.method == "POST":
        try:
            anonymise(application, request.user)  # type: ignore[arg-type] # Nobody else gets here.
        except MoveNotAllowed:
            return _refuse(request, page)
        messages.success(
            request, _("The file %(file)s is anonymised.") % {"file": application.reference}
        )
        return redirect(page)
    context = {
        "page_title": _("Anonymise"),
        "page_subtitle": str(application),
        "header_icon": "bin",
        "application": application,
        "gone": _gone(application),
        "back_url": page,
    }
    return TemplateResponse(request, "members/admin/anonymise.html", context)


def _refuse(request: HttpRequest, page: str) -> HttpResponse:
    messages.error(
        request,
        _(
            "Nothing was done: only files that were declined, withdrawn or closed can be "
            "anonymised, and only once."
        ),
    )
    return redirect(page)


def _gone(application: Application) -> list[tuple[str, int]]:
    """What there is to go: names of things, and how many."""
    letters = application.events.exclude(messages=None).values("messages").distinct().count()
    return [
        (_("People with access, by their addresses"), application.people.count()),
        (_("Documents, also from the disk"), application.documents.count()),
        (_("Answers as they were sent in"), application.revisions.count()),
        (_("Endorsements, by who gave them"), application.endorsements.count()),
        (_("Internal notes"), application.notes.count()),
        (_("Letters: their words and their recipients"), letters),
    ]


@permission_required(VIEW)
@permission_required(CHANGE)
@never_cache
@require_safe
def export_one(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The whole file as a ZIP archive."""
    application = get_object_or_404(Application.objects.sent(), pk=pk)
    archive = export(application, request.user)  # type: ignore[arg-type] # Nobody else gets here.
    return FileResponse(
        archive,
        as_attachment=True,
        filename=f"{application.reference}.zip",
        content_type="application/zip",
    )


class RetentionMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(VIEW))


def menu_item() -> MenuItem:
    """The entry of the group "Membership"."""
    return RetentionMenuItem(
        gettext_lazy("Retention"),
        reverse("membership_retention"),
        name="retention",
        icon_name="bin",
        order=900,
    )


@hooks.register("register_admin_urls")
def register_retention() -> list[URLPattern]:
    return [
        path("membership/retention/", preview, name="membership_retention"),
        path("membership/anonymise/<int:pk>/", anonymise_one, name="membership_anonymise"),
        path("membership/export/<int:pk>/", export_one, name="membership_export"),
    ]
