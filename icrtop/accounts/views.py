"""The passwords of single pages, which editors set."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from wagtail import views

from icrtop.ratelimit import allow, client_address

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
