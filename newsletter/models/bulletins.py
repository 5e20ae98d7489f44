"""Bulletins: letters that staff write as pages, and the archive that they stand in."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import ExtractYear, Left
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, TitleFieldPanel
from wagtail.fields import StreamField
from wagtail.models import PageManager
from wagtail.rich_text import get_text_for_indexing
from wagtail.search import index

from newsletter.archive import excerpt
from newsletter.blocks import BulletinBlock
from pages.models.base import BasePage, BasePageQuerySet, Filter, ListingPage
from pages.models.publications import Language

if TYPE_CHECKING:
    from newsletter.models.lists import MailingList
    from newsletter.models.mailings import Mailing

# How much of a page lists read, in characters: its summary stands there.
BEGINNING = 5000


def public_mailings() -> models.QuerySet[Mailing]:
    """What went out to lists that are open to everybody, latest first."""
    mailings: models.QuerySet[Mailing] = apps.get_model("newsletter", "Mailing").objects.sent()
    parts = apps.get_model("newsletter", "ListMailing").objects.filter(
        mailing=models.OuterRef("pk"), mailing_list__is_public=True
    )
    return mailings.filter(models.Exists(parts)).order_by("-queued_at", "-pk")


class BulletinQuerySet(BasePageQuerySet):
    def sent(self) -> Self:
        """Bulletins that went out to a list, be it a closed one."""
        return self.filter(mailings__queued_at__isnull=False).distinct()

    def archived(self) -> Self:
        """Bulletins that the archive shows, latest first: sent to a list open to everybody.

        Of the latest such mailing, they have `sent_at`, `sent_subject` and the page's beginning,
        `sent_beginning`.
        """
        latest = public_mailings().filter(bulletin=models.OuterRef("pk"))
        return (
            self.live()
            .public()
            .annotate(
                sent_at=models.Subquery(latest.values("queued_at")[:1]),
                sent_subject=models.Subquery(latest.values("subject")[:1]),
                sent_beginning=models.Subquery(latest.values(part=Left("web", BEGINNING))[:1]),
            )
            .filter(sent_at__isnull=False)
            .order_by("-sent_at", "-pk")
            .defer_streamfields()
        )

    def in_full(self) -> Self:
        """With `sent_web`, the page as it was sent, of archived bulletins."""
        latest = public_mailings().filter(bulletin=models.OuterRef("pk"))
        return self.annotate(sent_web=models.Subquery(latest.values("web")[:1]))


class AsSent(index.SearchField):
    """Has visitors find a bulletin by what it said when it was sent, staff by what it says now."""

    def get_value(self, obj: BulletinPage) -> Any:
        mailing = obj.public_mailing
        return get_text_for_indexing(mailing.web) if mailing else super().get_value(obj)


class BulletinIndexPage(ListingPage):
    """The archive of the bulletins that were sent; new ones are written below it."""

    page_description = _("Lists the bulletins that were sent, and is where new ones are written.")
    parent_page_types = ["pages.HomePage"]
    subpage_types = ["newsletter.BulletinPage"]
    max_count = 1

    class Meta:
        verbose_name = _("bulletins index")

    def get_filters(self, request: HttpRequest) -> list[Filter]:
        years = (
            BulletinPage.objects.child_of(self)
            .archived()
            .annotate(year=ExtractYear("sent_at"))
            .order_by("-year")
            .values_list("year", flat=True)
            .distinct()
        )
        return [Filter(request, "year", _("Year"), [(str(year), str(year)) for year in years])]

    def get_items(self, request: HttpRequest, filters: list[Filter]) -> BulletinQuerySet:
        items = BulletinPage.objects.child_of(self).archived()
        (year,) = filters
        return items.filter(sent_at__year=year.chosen) if year.chosen else items


class BulletinPage(BasePage):
    """One bulletin: a letter to mailing lists, and a page of the archive once it was sent.

    Published, it may be sent. Visitors get it as it was sent to a list that is open to everybody,
    and before that not at all.
    """

    subject = models.CharField(
        _("subject"),
        max_length=150,
        help_text=_("What readers see in their mailbox. Plain, and telling: not only a date."),
    )
    language = models.CharField(
        _("language"), max_length=2, choices=Language.choices, default=settings.LANGUAGE_CODE
    )
    body = StreamField(BulletinBlock(), blank=True, verbose_name=_("body"))

    search_kind = ("bulletin", _("Bulletins"))
    page_description = _("A letter to mailing lists, kept in the archive once it was sent.")
    parent_page_types = ["newsletter.BulletinIndexPage"]
    subpage_types: list[str] = []
    content_panels = [
        TitleFieldPanel("title", help_text=_("For staff, and for the address in the archive.")),
        FieldRowPanel([FieldPanel("subject"), FieldPanel("language")]),
        FieldPanel(
            "introduction",
            help_text=_("Stands beside the subject in a mailbox, and for the bulletin in lists."),
        ),
        FieldPanel("body"),
    ]
    search_fields = [*BasePage.search_fields, AsSent("body")]

    objects = PageManager.from_queryset(BulletinQuerySet)()
    # Its forms as they were last rendered: see `bulletin_letters`.
    _rendering: tuple[Any, Any] | None = None

    class Meta:
        verbose_name = _("bulletin")

    @classmethod
    def withheld(cls) -> models.QuerySet[BulletinPage]:
        """Bulletins that are not in the archive: for visitors, they are not there."""
        sent: models.QuerySet[BulletinPage] = cls.objects.exclude(
            pk__in=public_mailings().values("bulletin")
        )
        return sent

    @cached_property
    def public_mailing(self) -> Mailing | None:
        """Its latest mailing to a list that is open to everybody, as the archive shows it."""
        return public_mailings().filter(bulletin=self.pk).first() if self.pk else None

    @property
    def public_lists(self) -> list[MailingList]:
        """The lists, open to everybody, that this mailing went to."""
        mailing = self.public_mailing
        if mailing is None:
            return []
        parts = mailing.parts.filter(mailing_list__is_public=True).select_related("mailing_list")
        return [part.mailing_list for part in parts]

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        return [
            ("web", _("Page of the archive")),
            ("letter", _("Letter")),
            ("phone", _("Letter on a phone")),
            ("text", _("Letter as plain text")),
            ("all", _("Everything side by side")),
        ]

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer as the archive shows it; to staff also before it was sent."""
        is_staff = self.permissions_for_user(request.user).can_edit()
        if self.public_mailing is None and not is_staff:
            raise Http404
        return super().serve(request, *args, **kwargs)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from newsletter import bulletin_previews

        # As it is written, whatever was sent.
        self.public_mailing = None
        return bulletin_previews.serve(self, request, mode_name)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from newsletter.bulletin_letters import render_web

        mailing = self.public_mailing
        page = self.as_sent(mailing) if mailing else self
        context: dict[str, Any] = super(BulletinPage, page).get_context(request, *args, **kwargs)
        context["mailing"] = mailing
        context["lists"] = self.public_lists
        context["web"] = mailing.web if mailing else render_web(self)
        if mailing:
            archive = BulletinPage.objects.sibling_of(self).archived()
            before = models.Q(sent_at__lt=mailing.queued_at)
            tie = models.Q(sent_at=mailing.queued_at)
            context["earlier"] = archive.filter(before | (tie & models.Q(pk__lt=self.pk))).first()
            after = models.Q(sent_at__gt=mailing.queued_at) | (tie & models.Q(pk__gt=self.pk))
            context["later"] = archive.filter(after).order_by("sent_at", "pk").first()
        else:
            context["was_sent"] = bool(self.pk) and self.mailings.sent().exists()
        return context

    def as_sent(self, mailing: Mailing) -> Self:
        """A copy of the page that is called and described as the mailing was."""
        page = copy.copy(self)
        page.title = mailing.subject
        page.seo_title = page.introduction = ""
        page.search_description = excerpt(mailing.web)
        return page
