"""Paths of the Coalition's former site, which lead to where that content lives now."""

from wagtail.contrib.redirects.models import Redirect

from pages.content.markup import FindPage
from pages.content.sketch import read_csv


def load_redirects(find_page: FindPage) -> int:
    """Create the redirects of redirects.csv that are not there yet; how many those were.

    What staff changed stays; so does what has no page to lead to any more: it is left out.
    """
    created = 0
    for row in read_csv("redirects.csv"):
        old_path = Redirect.normalise_path(row["old_path"])
        page = find_page(row["page"])
        if page and not Redirect.objects.filter(old_path=old_path).exists():
            Redirect.objects.create(old_path=old_path, redirect_page_id=page, is_permanent=True)
            created += 1
    return created
