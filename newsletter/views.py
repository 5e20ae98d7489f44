"""What the links in letters lead to. Following a link changes nothing; a button does."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from newsletter import links, services
from newsletter.models.subscribers import MailingList

type LinkView = Callable[[HttpRequest, str], HttpResponse]


def for_link(view: LinkView) -> LinkView:
    """A page that a signed link leads to: in no cache and no search engine, clear when it fails."""

    @wraps(view)
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except links.LinkExpired:
            response = render(request, "newsletter/link_expired.html", status=410)
        except links.LinkInvalid:
            response = render(request, "newsletter/link_invalid.html", status=404)
        response["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


@require_safe
def check_mail(request: HttpRequest) -> HttpResponse:
    """After the form: the same for every address."""
    return render(request, "newsletter/subscribe_sent.html")


@for_link
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    consent = links.consent_of(token)
    if request.method == "POST":
        services.confirm(consent)
        return _see("newsletter:confirmed")
    return render(
        request,
        "newsletter/confirm.html",
        {"consent": consent, "mailing_lists": consent.mailing_lists.all()},
    )


@require_safe
def confirmed(request: HttpRequest) -> HttpResponse:
    return render(request, "newsletter/confirmed.html")


@for_link
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """One button for each list that the subscriber is on, and one for all of them."""
    subscriber = links.subscriber_of(token)
    if request.method == "POST":
        lists: dict[str, MailingList | None] = {
            each.slug: each for each in subscriber.mailing_lists.all()
        }
        # No list has this name: a slug has no space.
        lists["every list"] = None
        chosen = request.POST.get("list", "")
        if chosen in lists:
            services.unsubscribe(subscriber, lists[chosen])
            return _see("newsletter:unsubscribed")
    return render(
        request,
        "newsletter/unsubscribe.html",
        {
            "subscriber": subscriber,
            "subscriptions": subscriber.subscriptions.ongoing().select_related("mailing_list"),
        },
        status=400 if request.method == "POST" else 200,
    )


@require_safe
def unsubscribed(request: HttpRequest) -> HttpResponse:
    return render(request, "newsletter/unsubscribed.html")


@csrf_exempt
@for_link
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 8058: a mail program's POST, without cookies and CSRF token, is answered at once.

    The same address is in List-Unsubscribe, so that an older program opens it as a page.
    """
    subscription = links.subscription_of(token)
    if request.method != "POST":
        return HttpResponseRedirect(links.leave_url(subscription.subscriber), status=303)
    if request.POST.get("List-Unsubscribe") != "One-Click":
        return HttpResponse("List-Unsubscribe=One-Click is missing.\n", "text/plain", status=400)
    services.unsubscribe(subscription.subscriber, subscription.mailing_list)
    return HttpResponse("You are unsubscribed.\n", "text/plain")


def _see(view: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(view), status=303)
