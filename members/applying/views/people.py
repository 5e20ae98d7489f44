"""Who fills an application in, and who is invited to."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from icrtop.accounts import identity
from members.applying import people as services
from members.applying.access import address_of, own_application
from members.applying.forms.base import OwnForm
from members.applying.forms.fields import AddressField


class InviteForm(OwnForm):
    email = AddressField(
        label=_("E-mail address"),
        help_text=_("Of somebody of your organisation. We write to them with a link."),
        error_messages={"required": _("Enter an e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )

    # What is limited is how many letters go out: see `members.applying.people`.
    client_limit = address_limit = "100/hour"


@require_http_methods(["GET", "HEAD", "POST"])
@identity.signed_in_required
def people(request: HttpRequest, reference: str) -> HttpResponse:
    """The list, and a form to invite somebody. It answers the same for every address."""
    found = own_application(request, reference)
    if not services.takes_people(found):
        return redirect(found)
    address = address_of(request)
    if request.method == "POST":
        form = InviteForm(request.POST, request=request)
        if form.is_valid():
            try:
                services.invite(found, form.cleaned_data["email"], address)
            except services.CannotInvite as refused:
                form.add_error("email", str(refused))
            else:
                return redirect(f"{request.path}?invited")
    else:
        form = InviteForm(identity.kept_form(request), request=request)
    context = {
        "application": found,
        "address": address,
        "people": found.people.all(),
        "form": form,
        "joined": found.people.exclude(joined_at=None).count(),
        "was_invited": "invited" in request.GET and not form.is_bound,
        "was_kept": "kept" in request.GET and not form.is_bound,
    }
    return render(request, "members/apply/people.html", context)


@require_POST
@identity.signed_in_required
def remove(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Take somebody off; whoever takes themselves off sees their other applications."""
    found = own_application(request, reference)
    address = address_of(request)
    try:
        removed = services.remove(found, pk, address)
    except services.CannotRemove:
        return redirect(f"{_path(found.reference)}?kept")
    return redirect("apply:index") if removed == address else redirect(_path(found.reference))


def _path(reference: str) -> str:
    return reverse("apply:people", args=[reference])
