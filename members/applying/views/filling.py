"""The list of sections, and the page of each."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from icrtop.accounts import identity
from icrtop.ratelimit import allow
from members.applying import drafts, sending
from members.applying.access import address_of, own_application
from members.applying.forms.base import SectionForm
from members.applying.standing import STANDING, letters_of, usual_duration
from members.models.applications import Application
from members.models.pages import JoinPage
from members.sections import SECTIONS, Section, answer_rows, is_begun
from members.states import State

# Many more than anybody needs who saves all sections several times.
SAVES_BY_ONE = "300/hour"


@require_safe
@identity.signed_in_required
def application(request: HttpRequest, reference: str) -> HttpResponse:
    """What is to be filled in, while anything is; else where the application stands."""
    found = own_application(request, reference)
    if found.state == State.DRAFT:
        return render(
            request,
            "members/apply/draft.html",
            {
                "application": found,
                "tasks": tasks(found),
                "duration": usual_duration(found),
                "is_complete": not sending.lacking(found),
                "saved": SECTIONS.get(request.GET.get("saved", "")),
            },
        )
    ballot = found.ballot if found.state == State.BALLOT else None
    return render(
        request,
        "members/apply/status.html",
        {
            "application": found,
            "standing": STANDING[State(found.state)],
            "duration": usual_duration(found),
            "ballot": ballot,
            "asked_for": _question(found),
            "tasks": tasks(found) if found.state == State.MORE_INFORMATION else [],
            "saved": SECTIONS.get(request.GET.get("saved", "")),
            "letters": letters_of(found),
            "sent": sent(found),
            "join_page": join_page() if found.state == State.SUBMITTED else None,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@identity.signed_in_required
def section(request: HttpRequest, reference: str, key: str) -> HttpResponse:
    """One section: shown as it is stored, or as it was typed where it could not be saved."""
    found = own_application(request, reference)
    part = SECTIONS.get(key)
    if part is None or part.form is None:
        raise Http404
    if request.method == "POST":
        return _save(request, found, part, part.form)
    if not drafts.can_change(found, key):
        raise Http404
    if kept := identity.kept_form(request):
        form = part.form(kept, request=request)
        return _show(request, found, part, form, version=kept.get("version", ""))
    form = part.form(initial=part.form.initial_of(found.answers), request=request)
    return _show(request, found, part, form)


def tasks(found: Application) -> list[dict[str, Any]]:
    """The sections that can be changed now, each with where it leads and how far it is."""
    lacking = sending.lacking(found)
    return [
        {
            "section": SECTIONS[key],
            "url": section_url(found, key),
            "is_complete": key not in lacking,
            "is_begun": is_begun(found, key),
        }
        for key in drafts.changeable(found)
    ]


def section_url(found: Application, key: str) -> str:
    if key == "documents":
        return reverse("apply:documents", args=[found.reference])
    return reverse("apply:section", args=[found.reference, key])


def sent(found: Application) -> dict[str, Any] | None:
    """What was sent last: when, by whom, the answers as people read them, the documents."""
    revision = found.revisions.last()
    if revision is None:
        return None
    return {
        "revision": revision,
        "sections": answer_rows(revision.answers),
        "documents": found.documents.filter(pk__in=revision.documents),
    }


def join_page() -> JoinPage | None:
    return JoinPage.objects.live().select_related("purposes_page", "understanding_page").first()


def _question(found: Application) -> str:
    """What staff wrote when they asked for more: the words that were in the letter too."""
    if found.state != State.MORE_INFORMATION:
        return ""
    asked = [event.note for event in found.trail if event.action == "ask"]
    return asked[-1] if asked else ""


def _save(
    request: HttpRequest, found: Application, part: Section, form_class: type[SectionForm]
) -> HttpResponse:
    """Store what is well-formed. What is not, what others changed meanwhile and what came too often
    stands in the form again, with the reason.
    """
    address = address_of(request)
    form = form_class(request.POST, request=request)
    version = request.POST.get("version", "")
    form.is_valid()
    if not allow(SAVES_BY_ONE, "apply:save", address):
        form.add_error(
            None, _("You have saved very often. Nothing was saved this time: try again in an hour.")
        )
        return _show(request, found, part, form, version=version, status=429)
    try:
        found = drafts.save_section(found, part.key, form.answers, address, version)
    except drafts.SectionChanged as changed:
        form.show_stored(changed.application.answers)
        form.add_error(
            None,
            _(
                "Somebody else, or you in another tab, has saved this section since you opened it. "
                "Nothing you typed is saved yet. Compare, and save again: then what stands here "
                "counts."
            ),
        )
        return _show(request, changed.application, part, form)
    except drafts.NotChangeable as refused:
        typed = [
            (form.label(name), request.POST.getlist(name))
            for name in form.fields
            if name in form.data
        ]
        context = {"application": refused.application, "section": part, "typed": typed}
        return render(request, "members/apply/closed.html", context, status=409)
    if form.errors:
        if form.answers:
            form.add_error(None, _("The rest of this section is saved."))
        return _show(request, found, part, form)
    if request.GET.get("from") == "check":
        return redirect("apply:check", found.reference)
    return redirect(f"{found.get_absolute_url()}?saved={part.key}")


def _show(
    request: HttpRequest,
    found: Application,
    part: Section,
    form: SectionForm,
    *,
    version: str | None = None,
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "members/apply/section.html",
        {
            "application": found,
            "section": part,
            "form": form,
            "version": drafts.section_version(found.answers, part.key)
            if version is None
            else version,
            "join_page": join_page() if part.key == "endorsement" else None,
        },
        status=status,
    )
