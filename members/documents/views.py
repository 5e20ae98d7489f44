"""The section "Documents" of an application, and the documents themselves."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from icrtop.accounts import identity
from icrtop.accounts.identity import signed_in_required
from icrtop.body_limits import takes_at_most
from members.applying.access import address_of, own_application
from members.applying.drafts import NotChangeable, can_change
from members.documents import storing
from members.documents.access import may_download
from members.documents.checking import MOST_BYTES
from members.documents.forms import UploadForm
from members.documents.refusing import Refused
from members.models.applications import Application
from members.models.documents import ApplicationDocument
from members.sections import documents_needed

logger = logging.getLogger(__name__)

# What a form sends around its file.
AROUND_BYTES = 256 * 1024


@dataclass
class KindRow:
    """A kind of document on the page: what is there, and the form for one more."""

    kind: ApplicationDocument.Kind
    form: UploadForm
    is_needed: bool
    documents: list[ApplicationDocument] = field(default_factory=list)


@takes_at_most(MOST_BYTES + AROUND_BYTES, template="members/apply/document_too_large.html")
@signed_in_required
def documents(request: HttpRequest, reference: str) -> HttpResponse:
    """The documents of an application, and a form for each kind; a POST adds one file."""
    application = own_application(request, reference)
    if not can_change(application, "documents"):
        return redirect(application)
    sent: UploadForm | None = None
    if request.method == "POST":
        kind = request.POST.get("kind", "")
        if kind not in ApplicationDocument.Kind.values:
            raise Http404
        sent = UploadForm(request.POST, request.FILES, request=request, kind=kind)
        if sent.is_valid() and (added := _add(request, application, sent)):
            return added
    else:
        identity.kept_form(request)
    context = sent.get_context() if sent else {}
    context |= {
        "application": application,
        "rows": _rows(request, application, sent),
        "added": _added(request, application),
        "removed": "removed" in request.GET,
    }
    return render(request, "members/apply/documents.html", context, status=422 if sent else 200)


def _add(request: HttpRequest, application: Application, form: UploadForm) -> HttpResponse | None:
    """The answer, if the file was taken; if not, the form says why."""
    page = reverse("apply:documents", args=[application.reference])
    if form.is_automated:
        return redirect(page)
    try:
        added = storing.add(application, form.kind, form.upload, address_of(request))
    except Refused as refused:
        form.add_error("file", str(refused.why))
        return None
    except NotChangeable:
        # Sent in or withdrawn by somebody else meanwhile: its page says so.
        return redirect(application)
    return redirect(f"{page}?added={added.key}")


def _added(request: HttpRequest, application: Application) -> ApplicationDocument | None:
    try:
        key = UUID(request.GET.get("added", ""))
    except ValueError:
        return None
    return application.documents.current().filter(key=key).first()


def _rows(
    request: HttpRequest, application: Application, sent: UploadForm | None
) -> Iterable[KindRow]:
    needed = documents_needed(application.answers)
    rows = {
        kind: KindRow(kind, UploadForm(request=request, kind=kind), kind in needed)
        for kind in ApplicationDocument.Kind
    }
    if sent:
        rows[sent.kind].form = sent
    for document in application.documents.current():
        document.application = application
        rows[ApplicationDocument.Kind(document.kind)].documents.append(document)
    return rows.values()


@require_POST
@signed_in_required
def remove_document(request: HttpRequest, reference: str, key: UUID) -> HttpResponse:
    """A button: take a document away."""
    application = own_application(request, reference)
    try:
        storing.remove(application, key, address_of(request))
    except NotChangeable:
        return redirect(application)
    return redirect(f"{reverse('apply:documents', args=[reference])}?removed")


@never_cache
@require_safe
def download(request: HttpRequest, reference: str, key: UUID) -> HttpResponseBase:
    """A document, for whoever may have it, as a file to be saved; for others there is none.

    A browser is told to show nothing of it, and not to guess what it is.
    """
    if not request.user.is_authenticated:
        return identity.sign_in_to_reach(request.get_full_path())
    document = get_object_or_404(
        ApplicationDocument.objects.select_related("application"),
        key=key,
        application__reference=reference,
    )
    if not may_download(request.user, document):
        raise Http404
    try:
        stream = document.file.open("rb")
    except FileNotFoundError as error:
        logger.error("The file of document %s is not there.", document.key)
        raise Http404 from error
    # https://www.rfc-editor.org/rfc/rfc6266: FileResponse writes names beyond ASCII as it says.
    return FileResponse(
        stream,
        as_attachment=True,
        filename=document.name,
        content_type=document.content_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
    )
