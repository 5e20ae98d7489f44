"""The organisations that the Coalition knows, apart from their terms of membership."""

from __future__ import annotations

import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.forms import CheckboxSelectMultiple
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    TitleFieldPanel,
)
from wagtail.search import index

from icrtop.places.models import Country, Region
from members.organisation_form import OrganisationForm
from pages.dates import PARTIAL_DATE, PartialDateField, last_day

# The Coalition has had two categories since this day; before it there were only Members.
TWO_CATEGORIES_SINCE = datetime.date(2011, 10, 20)


class Category(models.TextChoices):
    """A Member runs RtoP or related work, an NGO Supporter need not."""

    MEMBER = "member", _("Member")
    NGO_SUPPORTER = "ngo_supporter", _("NGO Supporter")


class Sector(models.Model):
    """A field of civil society, such as human rights or humanitarian aid; staff keep the list."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("slug"), max_length=80, unique=True)

    panels = [TitleFieldPanel("name", targets=["slug"], placeholder=False), FieldPanel("slug")]

    class Meta:
        ordering = ["name"]
        verbose_name = _("sector")
        verbose_name_plural = _("sectors")

    def __str__(self) -> str:
        return self.name


class Listing(models.TextChoices):
    """How much of a member the public may see; a member in danger may be in danger by its name."""

    FULL = "full", _("With its name and profile")
    UNNAMED = "unnamed", _("Without its name: only its category and region")
    HIDDEN = "hidden", _("Not at all")


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def belonging(self) -> Self:
        """Those with a term of membership that is going on, by name, with their place and term.

        Each has the term's `category`, `since`, `founding` and `on_steering_committee`.
        """
        return (
            self.alias(
                term=models.FilteredRelation(
                    "memberships", condition=models.Q(memberships__ended=None)
                )
            )
            .filter(term__isnull=False)
            .annotate(
                category=models.F("term__category"),
                since=models.F("term__since"),
                founding=models.F("term__founding"),
                on_steering_committee=models.F("term__on_steering_committee"),
            )
            .select_related("country__sub_region__parent")
            .order_by(models.Func(Lower("name"), function="unaccent"), "pk")
        )

    def steering_committee(self) -> Self:
        """Organisations that sit on the Steering Committee now, by name."""
        return self.belonging().filter(on_steering_committee=True)

    def of(self, address: str) -> Self:
        """Organisations that the holder of a verified, normalised address is a focal point of."""
        return self.filter(focal_points__normalised=address).distinct()

    def in_region(self, code: str) -> Self:
        """Organisations in countries of a region or sub-region, by its M49 code."""
        return self.filter(country__in=Country.objects.in_region(code))


class Organisation(index.Indexed, ClusterableModel):
    """A non-governmental organisation, member of the Coalition or not."""

    name = models.CharField(_("name"), max_length=255)
    acronym = models.CharField(_("acronym"), max_length=40, blank=True)
    slug = models.SlugField(
        _("slug"),
        max_length=100,
        unique=True,
        help_text=_("Names the organisation in addresses, such as human-rights-watch."),
    )
    country = models.ForeignKey(
        Country, models.PROTECT, related_name="organisations", verbose_name=_("country")
    )
    city = models.CharField(_("city"), max_length=100, blank=True)
    website = models.URLField(_("website"), blank=True)
    about = models.TextField(
        _("its work"),
        blank=True,
        max_length=4000,
        help_text=_("What the organisation does on RtoP. Shown in the directory."),
    )
    sectors = models.ManyToManyField(
        Sector, blank=True, related_name="organisations", verbose_name=_("sectors")
    )
    works_in = models.ManyToManyField(
        Country, blank=True, related_name="+", verbose_name=_("countries it works in")
    )
    listing = models.CharField(
        _("shown to the public"),
        max_length=10,
        choices=Listing.choices,
        default=Listing.FULL,
        help_text=_(
            "Honoured everywhere: directory, map, search, feeds, exports. Being named can put an "
            "organisation in danger."
        ),
    )
    profile_published = models.BooleanField(
        _("profile is public"),
        default=False,
        help_text=_("Set once the organisation has checked its profile."),
    )
    profile_checked_at = models.DateTimeField(
        _("profile checked"), null=True, blank=True, editable=False
    )
    internal_note = models.TextField(
        _("note to staff"), blank=True, help_text=_("Never shown to visitors.")
    )

    objects = OrganisationQuerySet.as_manager()

    base_form_class = OrganisationForm
    panels = [
        FieldRowPanel(
            [TitleFieldPanel("name", targets=["slug"], placeholder=False), FieldPanel("acronym")]
        ),
        FieldPanel("slug"),
        FieldRowPanel([FieldPanel("country"), FieldPanel("city")]),
        FieldPanel("website"),
        FieldPanel("about"),
        FieldPanel("sectors", widget=CheckboxSelectMultiple),
        FieldPanel("works_in"),
        MultiFieldPanel(
            [FieldPanel("listing"), FieldPanel("profile_published")], heading=_("In the directory")
        ),
        InlinePanel("memberships", heading=_("Membership"), label=_("Term")),
        InlinePanel("works", heading=_("Work on RtoP"), label=_("Page")),
        InlinePanel("focal_points", heading=_("Focal points"), label=_("Focal point")),
        FieldPanel("internal_note"),
    ]
    search_fields = [
        index.SearchField("name", boost=3),
        index.AutocompleteField("name"),
        index.SearchField("acronym", boost=3),
        index.SearchField("city"),
        index.SearchField("about"),
        index.FilterField("country"),
        index.RelatedFields("country", [index.SearchField("name")]),
    ]

    class Meta:
        ordering = ["name"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")

    # Annotated by `OrganisationQuerySet.belonging`.
    category: str
    since: str
    founding: bool
    on_steering_committee: bool

    def __str__(self) -> str:
        return f"{self.name} ({self.acronym})" if self.acronym else self.name

    @property
    def region(self) -> Region:
        """The M49 region that its country lies in."""
        sub_region = self.country.sub_region
        return sub_region.parent or sub_region


class EndReason(models.TextChoices):
    RESIGNED = "resigned", _("The organisation resigned")
    LAPSED = "lapsed", _("It did not reconfirm its membership")
    ENDED = "ended", _("The Coalition ended it")
    CATEGORY = "category", _("It changed to the other category")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> Self:
        """Terms that have not ended."""
        return self.filter(ended=None)


class Membership(models.Model):
    """A term during which an organisation belongs to the Coalition in one category."""

    organisation = ParentalKey(
        Organisation,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("organisation"),
    )
    category = models.CharField(
        _("category"), max_length=20, choices=Category.choices, default=Category.MEMBER
    )
    since = PartialDateField(_("since"), blank=True)
    ended = models.DateField(
        _("ended on"),
        null=True,
        blank=True,
        help_text=_("Leave empty while the organisation belongs to the Coalition."),
    )
    end_reason = models.CharField(
        _("why it ended"), max_length=20, choices=EndReason.choices, blank=True
    )
    confirmed_at = models.DateTimeField(
        _("last confirmed"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the organisation last said that its details are right."),
    )
    founding = models.BooleanField(_("founding member"), default=False)
    on_steering_committee = models.BooleanField(_("on the Steering Committee"), default=False)

    objects = MembershipQuerySet.as_manager()

    panels = [
        FieldPanel("category"),
        FieldRowPanel([FieldPanel("since"), FieldPanel("ended"), FieldPanel("end_reason")]),
        MultiFieldPanel(
            [FieldPanel("founding"), FieldPanel("on_steering_committee")], heading=_("Role")
        ),
    ]

    class Meta:
        # Children are written in this order, None last: a term ends before the next one begins.
        ordering = ["-ended", "-pk"]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(ended=None),
                name="one_current_membership_per_organisation",
            ),
            models.CheckConstraint(
                condition=models.Q(category__in=Category.values), name="membership_category"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation.name}: {self.get_category_display()}"

    def clean(self) -> None:
        """Refuse a term that ends before it begins, or NGO Supporters before there were any."""
        super().clean()
        errors: dict[str, Any] = {}
        known = PARTIAL_DATE.fullmatch(self.since or "") is not None
        if known and self.ended and self.ended.isoformat() < self.since:
            errors["ended"] = _("The term cannot end before it began.")
        if (
            known
            and self.category == Category.NGO_SUPPORTER
            and last_day(self.since) < TWO_CATEGORIES_SINCE
        ):
            errors["since"] = _("There have been NGO Supporters only since 20 October 2011.")
        if errors:
            raise ValidationError(errors)
