"""What was typed into a form and cannot be taken now: kept in the session, to be shown once more.

Nothing is applied: it is filled into a form that somebody sees, and saves or does not.
"""

from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from icrtop.ratelimit import allow, client_address

SESSION_KEY = "kept_forms"
# All forms of a session together, in bytes as they are sent.
MOST_BYTES = 100 * 1024
MOST_SECONDS = 24 * 60 * 60
# A session that nobody has signed in to lives no longer than what it keeps.
CLIENT_LIMIT = "60/hour"
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 # The name of a field.


def keep_form(request: HttpRequest) -> HttpResponse | None:
    """Keep what was posted for the page that the form was on; files are not kept.

    Returns None, or the answer for somebody for whom it cannot be kept: it is too long, or their
    connection has had too much kept.
    """
    data = request.POST.copy()
    data.pop(TOKEN, None)
    typed = data.urlencode()
    if len(typed) > MOST_BYTES:
        return _shown_instead(request, data, status=413)
    if not allow(CLIENT_LIMIT, "kept-form:client", client_address(request)):
        return _shown_instead(request, data, status=429)
    path = urlsplit(page_of_form(request)).path
    kept = {one: form for one, form in _still_kept(request).items() if one != path}
    kept[path] = {"typed": typed, "files": bool(request.FILES), "at": _now()}
    while sum(len(form["typed"]) for form in kept.values()) > MOST_BYTES:
        del kept[next(iter(kept))]  # The oldest.
    if not request.user.is_authenticated:
        request.session.set_expiry(MOST_SECONDS)
    request.session[SESSION_KEY] = kept
    return None


def _shown_instead(request: HttpRequest, data: QueryDict, status: int) -> HttpResponse:
    """A page with what was typed on it, to be copied: the browser may not have it any more."""
    texts = [value for values in dict(data.lists()).values() for value in values if value.strip()]
    return render(request, "account/not_kept.html", {"texts": texts}, status=status)


def kept_form(request: HttpRequest) -> QueryDict | None:
    """What was typed on this page and not taken, once: to fill its form with, unsaved.

    Afterwards `request.form_was_kept` is true, and `request.files_were_not` if files were sent with
    it: account/kept_notice.html reads both.
    """
    if SESSION_KEY not in request.session:
        return None
    kept = _still_kept(request)
    form = kept.pop(request.path, None)
    if kept:
        request.session[SESSION_KEY] = kept
    else:
        del request.session[SESSION_KEY]
    if form is None:
        return None
    request.form_was_kept = True  # type: ignore[attr-defined]
    request.files_were_not = form["files"]  # type: ignore[attr-defined]
    return QueryDict(form["typed"])


def page_of_form(request: HttpRequest) -> str:
    """The path, with its query, of the page of this site from which a form was posted.

    A button may post to an address of its own, at which there is no page. The browser names the
    page (Referer), or else the form is taken to post to its own.
    """
    referrer = request.headers.get("Referer", "")
    if referrer and url_has_allowed_host_and_scheme(referrer, {request.get_host()}):
        parts = urlsplit(referrer)
        if parts.netloc == request.get_host() and _keeps_forms_at(parts.path):
            return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return request.path


def keep_from_old_tab(request: HttpRequest) -> HttpResponse | None:
    """Keep what was posted with a token from before somebody signed in anew, and lead to its form.

    Only for pages that take up what was kept, and only for what a browser says was posted from this
    site: text from elsewhere shall not stand in anybody's form as if they had typed it. Returns
    None for anything else.
    """
    if not (keeps_forms(request) and _has_cookie(request) and _is_from_here(request)):
        return None
    return keep_form(request) or redirect(page_of_form(request))


def keeps_forms(request: HttpRequest) -> bool:
    return _keeps_forms_at(request.path_info)


def _keeps_forms_at(path: str) -> bool:
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return getattr(view, "keeps_forms", False) or getattr(
        getattr(view, "view_class", None), "keeps_forms", False
    )


def _is_from_here(request: HttpRequest) -> bool:
    """Whether the browser says so: no page can forge these headers (Fetch Metadata; RFC 6454)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def _has_cookie(request: HttpRequest) -> bool:
    """Whether the browser takes cookies: without, nothing that is kept could be found again."""
    return bool({settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME} & request.COOKIES.keys())


def _still_kept(request: HttpRequest) -> dict[str, dict[str, Any]]:
    kept = cast("dict[str, dict[str, Any]]", request.session.get(SESSION_KEY, {}))
    return {path: form for path, form in kept.items() if _now() - form["at"] < MOST_SECONDS}


def _now() -> float:
    return timezone.now().timestamp()
