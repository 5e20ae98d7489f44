"""The page of a subscriber's preferences, and the links to it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from newsletter import links
from newsletter.forms import AddressForm, ExportForm, LinkForm, OwnLinkForm, PreferencesForm
from newsletter.models.subscribers import Subscriber
from newsletter.services import addresses, exporting, preferences
from newsletter.views.links import for_link, see
from newsletter.wording import PREFERENCES_CONSENT


@for_link
def edit(request: HttpRequest, token: str) -> HttpResponse:
    """What a subscriber has chosen, to be changed without a password."""
    subscriber = links.subscriber_of(token)
    if request.method != "POST":
        return _page(request, token, subscriber)
    form = PreferencesForm(request.POST, request=request, subscriber=subscriber)
    if not form.is_valid():
        return _page(request, token, subscriber, form=form)
    if not form.is_automated:
        mailing_lists, choices = form.wanted
        preferences.save(subscriber, mailing_lists=mailing_lists, choices=choices)
    return see("preferences", token, done="saved")


@for_link
def ask_to_move(request: HttpRequest, token: str) -> HttpResponse:
    """The part of the page by which another address is given."""
    subscriber = links.subscriber_of(token)
    if request.method != "POST":
        return see("preferences", token)
    form = _address_form(request, subscriber, request.POST)
    if not form.is_valid():
        return _page(request, token, subscriber, address_form=form)
    if not form.is_automated:
        addresses.ask_to_move(subscriber, form.cleaned_data["email"])
    return see("preferences", token, done="address")


@for_link
def ask_for_export(request: HttpRequest, token: str) -> HttpResponse:
    """The button for everything that is held: mailed, as the link to this page is passed on."""
    subscriber = links.subscriber_of(token)
    if request.method != "POST":
        return see("preferences", token)
    form = ExportForm(request.POST, request=request, subscriber=subscriber)
    if not form.is_valid():
        return _page(request, token, subscriber, export_form=form)
    if not form.is_automated:
        exporting.send_link(subscriber)
    return see("preferences", token, done="export")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def manage(request: HttpRequest) -> HttpResponse:
    """Asks for an address, to mail a link to its preferences: one answer for every address."""
    form = LinkForm(request.POST if request.method == "POST" else None, request=request)
    if not form.is_valid():
        return render(request, "newsletter/manage.html", {"form": form})
    if not form.is_automated:
        preferences.send_link_to(form.cleaned_data["email"], how=f"form at {request.path}")
    return see("link_sent")


@for_link
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """Mails a new link to the address that an old link is about, without saying which it is."""
    subscriber = links.owner_of(token)
    if request.method == "POST":
        form = OwnLinkForm(request.POST, request=request, subscriber=subscriber)
        if form.is_valid():
            if not form.is_automated:
                preferences.send_link(subscriber, how="button of an old link")
            return see("link_sent")
    else:
        form = OwnLinkForm(request=request, subscriber=subscriber)
    return render(request, "newsletter/renew.html", {"form": form, "token": token})


@require_safe
def link_sent(request: HttpRequest) -> HttpResponse:
    """After asking for a link: the same for every address."""
    return render(request, "newsletter/link_sent.html")


def _page(request: HttpRequest, token: str, subscriber: Subscriber, **refused: Any) -> HttpResponse:
    """The whole page; `refused` are those of its forms that were sent with a mistake."""
    forms = {
        "form": refused.get("form") or PreferencesForm(request=request, subscriber=subscriber),
        "address_form": refused.get("address_form") or _address_form(request, subscriber),
        "export_form": refused.get("export_form")
        or ExportForm(request=request, subscriber=subscriber),
    }
    return render(
        request,
        "newsletter/preferences.html",
        {
            "subscriber": subscriber,
            "token": token,
            "consent": PREFERENCES_CONSENT,
            "done": request.GET.get("done", "") if not refused else "",
            "has_errors": bool(refused),
            **forms,
        },
    )


def _address_form(request: HttpRequest, subscriber: Subscriber, data: Any = None) -> AddressForm:
    # No field may have the name of another form's on the page.
    return AddressForm(data, request=request, subscriber=subscriber, auto_id="address_%s")
