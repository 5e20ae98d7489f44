"""Withdraw an application, or delete a draft."""

from contextlib import suppress

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from icrtop.accounts import identity
from members.applying import drafts
from members.applying.access import address_of, own_application
from members.applying.forms.base import OwnForm
from members.services import applicants
from members.services.moving import MoveNotAllowed
from members.states import OPEN, State


class WithdrawForm(OwnForm):
    reason = forms.CharField(
        label=_("Why do you withdraw it?"),
        help_text=_("The secretariat reads it. You need not say."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@identity.signed_in_required
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask whether to withdraw it, and do so."""
    found = own_application(request, reference)
    if found.state == State.DRAFT:
        return redirect("apply:delete", found.reference)
    if found.state not in OPEN:
        return redirect(found)
    if request.method == "POST":
        form = WithdrawForm(request.POST, request=request)
        if form.is_valid():
            # Decided or withdrawn meanwhile: its page says so.
            with suppress(MoveNotAllowed):
                applicants.withdraw(found, address_of(request), form.cleaned_data["reason"])
            return redirect(found)
    else:
        form = WithdrawForm(identity.kept_form(request), request=request)
    return render(request, "members/apply/withdraw.html", {"application": found, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@identity.signed_in_required
def delete(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask whether to delete a draft, and do so."""
    found = own_application(request, reference)
    if found.state != State.DRAFT:
        return redirect(found)
    if request.method == "POST":
        try:
            drafts.delete_draft(found, address_of(request))
        except drafts.NotChangeable:
            return redirect(found)
        return redirect("apply:index")
    identity.kept_form(request)
    return render(request, "members/apply/delete.html", {"application": found})
