"""What every page type shares."""

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page, PageViewRestriction
from wagtail.query import PageQuerySet
from wagtail.search import index

from pages.links import links_of
from pages.page_forms import PageCopyForm, PageForm
from pages.withheld import without_withheld

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import Form
    from django_stubs_ext import StrOrPromise


def without_private[Pages: PageQuerySet](pages: Pages) -> Pages:
    """The pages that everybody may read, as `public()` gives them, without a query of its own.

    Without those, too, that are withheld from visitors.
    """
    restrictions = PageViewRestriction.objects.annotate(
        below=models.ExpressionWrapper(models.OuterRef("path"), models.TextField())
    ).filter(below__startswith=models.F("page__path"))
    return without_withheld(pages.filter(~models.Exists(restrictions)))


def rows_of(children: QuerySet[models.Model], *names: str) -> ArraySubquery:
    """Fields of the rows of a child table, to be brought along by the query for their parent."""
    return ArraySubquery(children.values(row=JSONObject(**{name: name for name in names})))


def from_rows[Child: models.Model](model: type[Child], rows: list[dict[str, Any]]) -> list[Child]:
    """Unsaved children as `rows_of` brought them."""
    fields = {field.name: field for field in model._meta.concrete_fields}
    return [model(**{name: fields[name].to_python(row[name]) for name in row}) for row in rows]


class BasePageQuerySet(PageQuerySet):
    """Base of what page types offer to ask for."""

    def public(self) -> Self:
        """The pages that everybody may read."""
        return without_private(self)


class BasePage(Page):
    """Base of all page types: a summary that leads the page and stands for it elsewhere.

    `search_kind` is the name and the label under which the search sorts pages of the type.
    """

    search_kind: "tuple[str, StrOrPromise]" = ("page", _("Other pages"))
    # Whether it was seen on the way here that nothing restricts this page, nor one above it.
    is_known_public = False

    introduction = models.TextField(
        _("summary"),
        blank=True,
        max_length=600,
        help_text=_("One to three sentences. Leads the page, and stands for it in lists."),
    )
    share_image = models.ForeignKey(
        "pages.SiteImage",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("image for sharing"),
        help_text=_("Shown when a link to the page is shared. Without one, the site's emblem is."),
    )

    base_form_class = PageForm
    copy_form_class = PageCopyForm
    content_panels = [*Page.content_panels, FieldPanel("introduction")]
    promote_panels = [*Page.promote_panels, FieldPanel("share_image")]
    search_fields = [
        *Page.search_fields,
        index.SearchField("introduction", boost=2),
        index.AutocompleteField("plain_words"),
    ]

    class Meta:
        abstract = True

    @classmethod
    def for_visitors(cls) -> PageQuerySet:
        """Pages of this type, with what a visitor's page needs of other tables."""
        pages: PageQuerySet = cls.objects.all()
        return pages

    @property
    def plain_words(self) -> str:
        """Title and summary without accents or typographic signs, as many type them.

        A database that knows ASCII letters alone parts no words at a typographic apostrophe.
        """
        text = unicodedata.normalize("NFKD", f"{self.title} {self.introduction}")
        letters = "".join(one for one in text if not unicodedata.combining(one))
        return " ".join(re.findall(r"[^\W_]+", letters))

    @property
    def description(self) -> str:
        """For search engines and for those with whom a link is shared."""
        return self.search_description or self.introduction

    @cached_property
    def breadcrumbs(self) -> list[Page]:
        """The live pages from the home page down to this page's parent."""
        return list(self.get_ancestors().filter(depth__gt=1).live().defer_streamfields())

    def get_view_restrictions(self) -> QuerySet[PageViewRestriction]:
        """Wagtail's answer, without its two queries where it is known to be empty."""
        if self.is_known_public:
            return PageViewRestriction.objects.none()
        return super().get_view_restrictions()

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer a visitor, with the links of all texts fetched at once."""
        response = super().serve(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            with links_of(self):
                response.render()
        return response

    def serve_password_required_response(
        self, request: HttpRequest, form: "Form", action_url: str
    ) -> TemplateResponse:
        """Ask for the password of a private page, without a word of the page itself."""
        template = "wagtailcore/password_required.html"
        return TemplateResponse(request, template, {"form": form, "action_url": action_url})


class ListingPage(BasePage):
    """Base of page types that list others: filtered by the query string, a page at a time."""

    per_page = 20

    class Meta:
        abstract = True

    def get_filters(self, request: HttpRequest) -> list["Filter"]:
        """The filters that the listing offers, with what the request chose."""
        return []

    def get_items(self, request: HttpRequest, filters: list["Filter"]) -> PageQuerySet:
        """What this page lists, in order, as the filters choose."""
        raise NotImplementedError

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        filters = self.get_filters(request)
        context["filters"] = filters
        context["is_filtered"] = any(one.chosen for one in filters)
        paginator = Paginator(self.get_items(request, filters), self.per_page)
        context["items"] = paginator.get_page(request.GET.get("page"))
        return context


class Filter:
    """One choice of a listing, kept in the query string.

    `choices` are pairs of value and label; a value that is not among them counts as none chosen.
    """

    def __init__(
        self,
        request: HttpRequest,
        name: str,
        label: "StrOrPromise",
        choices: "Iterable[tuple[str, StrOrPromise]]",
    ) -> None:
        self.name = name
        self.label = label
        self.choices = list(choices)
        wanted = request.GET.get(name, "")
        self.chosen = wanted if wanted in dict(self.choices) else ""
