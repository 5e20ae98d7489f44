"""Who somebody is to the apps above: an e-mail address, proved by a code that was mailed to it.

    @signed_in_required
    def edit(request, key):
        address = identity.verified_address(request.user)
        ...
        if request.method == "POST":
            form = SomeForm(request.POST, request=request)
            ...
        elif kept := identity.kept_form(request):
            form = SomeForm(kept, request=request)  # Filled in, not saved.

The template shows `{% include "account/kept_notice.html" %}` above the form.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate
from urllib.parse import urlencode

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View

from icrtop.accounts.keeping import keep_form, kept_form, page_of_form
from icrtop.accounts.models import User
from icrtop.mail.addresses import InvalidAddress, normalise

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

__all__ = ["SignedInRequiredMixin", "kept_form", "signed_in_required", "verified_address"]

type AnyView[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def verified_address(user: "AbstractBaseUser | AnonymousUser") -> str | None:
    """The address, normalised, whose mailbox the one at the browser has proved to be theirs.

    None for visitors, and for whoever signed in with a password alone: staff can set a password
    for any account, and change their own address, but receive nobody else's letters. The account's
    address is looked at, no other that it had before; a session ends when it changes.
    """
    # request.user is a proxy: its class is read through it.
    if not isinstance(user, User) or not user.is_active or not user.signed_in_by_code:
        return None
    if user.proved_address is None:
        try:
            address = normalise(user.email)
        except InvalidAddress:
            return None
        proofs = EmailAddress.objects.filter(user_id=user.pk, email=user.email.lower())
        user.proved_address = address if proofs.filter(verified=True).exists() else ""
    return user.proved_address or None


def signed_in_required[**P](view: AnyView[P]) -> AnyView[P]:
    """For the pages of those who have proved their address; others are led to sign in, and back.

    What they sent without a session is not lost, nor is what an old tab sent after they signed in
    anew (see `icrtop.views.csrf_failure`): it is kept for the page that its form was on, where
    `kept_form` takes it up. Never cached.
    """

    @never_cache
    @wraps(view)
    def inner(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if verified_address(request.user):
            return view(request, *args, **kwargs)
        if request.method == "POST":
            return keep_form(request) or sign_in_to_reach(page_of_form(request))
        return sign_in_to_reach(request.get_full_path())

    inner.keeps_forms = True  # type: ignore[attr-defined] # Read by `keeping.keeps_forms`.
    return inner


@method_decorator(signed_in_required, name="dispatch")
class SignedInRequiredMixin(View):
    """`signed_in_required` for a view that is a class; the first of its bases."""

    keeps_forms = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)


def sign_in_to_reach(path: str) -> HttpResponse:
    """To the page that asks for an address, from where one comes back to a path of this site."""
    return redirect(f"{reverse('account:sign_in')}?{urlencode({'next': path})}")
