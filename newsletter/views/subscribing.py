"""After the form to subscribe."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from newsletter import links
from newsletter.services import subscribing
from newsletter.views.links import for_link, see


@require_safe
def check_mail(request: HttpRequest) -> HttpResponse:
    """After the form: the same for every address."""
    return render(request, "newsletter/subscribe_sent.html")


@for_link
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """All that is going to be subscribed to, and the button that does it."""
    consent = links.consent_of(token)
    if request.method == "POST":
        subscribing.confirm(consent)
        return see("confirmed")
    lists, choices = subscribing.what_confirming_does(consent)
    return render(
        request,
        "newsletter/confirm.html",
        {"consent": consent, "mailing_lists": lists, "choices": choices.in_words()},
    )


@require_safe
def confirmed(request: HttpRequest) -> HttpResponse:
    return render(request, "newsletter/confirmed.html")
