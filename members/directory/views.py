"""Profiles, and the directory for programs."""

import csv
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.encoding import iri_to_uri
from django.views.decorators.http import require_safe

from icrtop.spreadsheets import harmless
from members.directory.listing import Directory
from members.directory.open_data import FIELDS, row
from members.directory.profiles import Profile
from members.models import DirectoryPage
from members.public import public_member, public_members
from pages.templatetags.ui import absolute


@require_safe
def profile(request: HttpRequest, slug: str) -> HttpResponse:
    """The page of a member; 404 for every other address, whether somebody is behind it or not."""
    member = public_member(slug)
    directory = DirectoryPage.of_everyone() if member else None
    if member is None or directory is None:
        raise Http404
    return render(request, "members/member_page.html", {"page": Profile(member, directory)})


@require_safe
def as_csv(request: HttpRequest) -> HttpResponse:
    """The members that the directory's filters leave, as a spreadsheet in UTF-8 (RFC 4180).

    Those without a name stand last, with their category and region alone.
    """
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="members.csv"'
    response.write("\N{ZERO WIDTH NO-BREAK SPACE}")  # By which Excel knows UTF-8.
    writer = csv.DictWriter(response, [field.name for field in FIELDS])
    writer.writeheader()
    for member in _asked_for(request).found:
        writer.writerow({name: _cell(value) for name, value in row(member).items()})
    return response


@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    """The members that the directory's filters leave; those without a name are only counted."""
    directory = _asked_for(request)
    data = {
        "source": absolute(iri_to_uri(request.get_full_path())),
        "members": [row(member) for member in directory.named],
        "unnamed": [
            {"region": one.region.name, "category": one.category, "number": one.number}
            for one in directory.unnamed
        ],
    }
    return JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 1})


def _asked_for(request: HttpRequest) -> Directory:
    if DirectoryPage.of_everyone() is None:
        raise Http404
    return Directory(public_members(), request)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return harmless("; ".join(value) if isinstance(value, list) else value)
