"""Out in one click, for people and for mail programs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from newsletter import links
from newsletter.models.subscribers import Subscription
from newsletter.services import leaving
from newsletter.views.links import for_link, see


@for_link
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """One button for the list that the letter came from, and one for all of them."""
    subscription = links.subscription_of(token)
    subscriber = subscription.subscriber
    if request.method == "POST":
        mailing_list = None if "everything" in request.POST else subscription.mailing_list
        leaving.unsubscribe(subscriber, mailing_list, how="link in a letter")
        return see("unsubscribe", token)
    others = subscriber.subscriptions.ongoing().exclude(pk=subscription.pk)
    return render(
        request,
        "newsletter/unsubscribe.html",
        {
            "subscription": subscription,
            "is_left": subscription.state == Subscription.State.UNSUBSCRIBED,
            "others": [each.mailing_list for each in others.select_related("mailing_list")],
            "token": token,
        },
    )


@csrf_exempt
@for_link
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 8058: a mail program's POST, without cookies and CSRF token, is answered at once.

    The same address is in List-Unsubscribe, so that an older program opens it as a page.
    """
    if request.method != "POST":
        return see("unsubscribe", token)
    try:
        subscription = links.subscription_of(token)
    except (links.LinkOfTest, links.LinkToNothing):
        # Nobody is on a list by it, which is what was asked for.
        return HttpResponse("You are unsubscribed.\n", "text/plain")
    if request.POST.get("List-Unsubscribe") != "One-Click":
        return HttpResponse("List-Unsubscribe=One-Click is missing.\n", "text/plain", status=400)
    leaving.unsubscribe(
        subscription.subscriber, subscription.mailing_list, how="button of the mail program"
    )
    return HttpResponse("You are unsubscribed.\n", "text/plain")
