"""What staff see of a bulletin before it is sent: each of its forms, or all side by side."""

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from newsletter.bulletin_letters import filled, render_bulletin, sample_list

if TYPE_CHECKING:
    from newsletter.models.bulletins import BulletinPage


def serve(bulletin: "BulletinPage", request: HttpRequest, mode: str) -> HttpResponse:
    """The preview in one of `BulletinPage.preview_modes`, of the bulletin as it is in memory."""
    if mode not in ("letter", "phone", "text", "all"):
        return web(bulletin, request)
    letter = filled(render_bulletin(bulletin, sample_list()))
    if mode == "letter":
        return HttpResponse(letter.html)
    context: dict[str, Any] = {"bulletin": bulletin, "letter": letter, "mode": mode}
    if mode == "all":
        # As a visitor sees it, without Wagtail's own bar.
        staff, request.user = request.user, AnonymousUser()
        context["web"] = web(bulletin, request).render().content.decode()
        request.user = staff
    return TemplateResponse(request, "newsletter/bulletin_preview.html", context)


def web(bulletin: "BulletinPage", request: HttpRequest) -> TemplateResponse:
    template = bulletin.get_template(request)
    return TemplateResponse(request, template, bulletin.get_context(request))
