"""Signing in by a code and out again, one's own page; and the passwords of single pages."""

from collections.abc import Iterable
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail import views

from icrtop.accounts.forms import EXPIRED, SPENT, CodeForm, SignInForm
from icrtop.accounts.identity import signed_in_required, verified_address
from icrtop.accounts.signing_in import CodeUsed, SignIn
from icrtop.ratelimit import allow, client_address

HOME = "account:index"
PAGE_PASSWORD_LIMIT = "20/hour"  # noqa: S105 # Not a password.


def authenticate_with_password(
    request: HttpRequest, page_view_restriction_id: int, page_id: int
) -> HttpResponse:
    """Wagtail's view, a limited number of times."""
    if request.method == "POST" and not allow(
        PAGE_PASSWORD_LIMIT, "page-password:client", client_address(request)
    ):
        return render(request, "429.html", status=429)
    answer: HttpResponse = views.authenticate_with_password(
        request, page_view_restriction_id, page_id
    )
    return answer


@require_safe
@signed_in_required
def index(request: HttpRequest) -> HttpResponse:
    """My page: what the apps above have for this address, by their template tags."""
    return render(request, "account/index.html", {"address": verified_address(request.user)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Asks for an address, and mails a code to it: one answer for every address."""
    then = _safe_next(request)
    if verified_address(request.user):
        return redirect(then)
    asked = SignIn.resume(request)
    form = SignInForm(
        request.POST if request.method == "POST" else None,
        request=request,
        initial={"email": asked.email if asked else getattr(request.user, "email", "")},
    )
    if not form.is_valid():
        is_lost = request.method != "POST" and "lost" in request.GET
        return render(request, "account/sign_in.html", {"form": form, "is_lost": is_lost})
    if not form.is_automated:
        SignIn.begin(request, form.cleaned_data["email"], then)
    return redirect("account:code")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Asks for the code; the right one opens the session."""
    asked = SignIn.resume(request)
    if verified_address(request.user):
        return redirect(asked.then if asked else HOME)
    if asked is None:
        return redirect(f"{reverse('account:sign_in')}?lost")
    form = CodeForm(
        request.POST if request.method == "POST" else None, request=request, sign_in=asked
    )
    try:
        if form.is_valid():
            return asked.finish()
    except CodeUsed:
        return redirect(_sign_in_url(asked.then))
    return _code_page(request, asked, form)


@never_cache
@require_POST
def new_code(request: HttpRequest) -> HttpResponse:
    """The button for another code, to the same address."""
    asked = SignIn.resume(request)
    if asked is None:
        return redirect(f"{reverse('account:sign_in')}?lost")
    form = SignInForm({"email": asked.email}, request=request)
    if form.is_valid():
        SignIn.begin(request, asked.email, asked.then)
        return redirect(f"{reverse('account:code')}?new")
    return _code_page(
        request, asked, CodeForm(request=request, sign_in=asked), refused=form.non_field_errors()
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("account:signed_out")


@never_cache
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    return render(request, "account/signed_out.html")


def _code_page(
    request: HttpRequest, asked: SignIn, form: CodeForm, refused: Iterable[object] = ()
) -> HttpResponse:
    """The page with the code's field, or, where no code is good, with a button for another."""
    problems = [*refused]
    if not asked.is_usable and not problems:
        problems = [SPENT if asked.is_spent else EXPIRED]
    context = {
        "form": form,
        "asked": asked,
        "problems": problems,
        "is_new": "new" in request.GET and not form.is_bound,
        "other_address_url": _sign_in_url(asked.then),
    }
    return render(request, "account/code.html", context)


def _safe_next(request: HttpRequest) -> str:
    """The path to go to afterwards, of this site only."""
    then = request.GET.get("next", "")
    return then if then and get_adapter(request).is_safe_url(then) else reverse(HOME)


def _sign_in_url(then: str) -> str:
    return f"{reverse('account:sign_in')}?{urlencode({'next': then})}"
