"""The offer of the members' list to their focal points."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from icrtop.accounts import identity
from newsletter.services import members_list


@require_POST
@identity.signed_in_required
def answer(request: HttpRequest) -> HttpResponse:
    """Join the list, or with `leave` leave it; then back to the page that the button was on.

    For those who are no focal point of a member there is no such list.
    """
    address = identity.verified_address(request.user) or ""
    if "leave" in request.POST:
        members_list.leave(address)
    else:
        try:
            members_list.take_offer(address)
        except members_list.NotOffered as error:
            raise Http404 from error
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, None):
        back = reverse("account:index")
    return HttpResponseRedirect(f"{back}#members-list", status=303)
