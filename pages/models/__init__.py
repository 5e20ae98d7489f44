"""The page types, and what belongs to them."""

from pages.models.announced import Announced
from pages.models.background import BackgroundPage, SectionPage
from pages.models.base import BasePage, Filter, ListingPage
from pages.models.contact import ContactPage
from pages.models.developments import DevelopmentIndexPage, DevelopmentPage, Level
from pages.models.home import HomePage
from pages.models.media import SiteDocument, SiteImage, SiteRendition
from pages.models.publications import (
    DocumentSymbol,
    Kind,
    Language,
    PublicationIndexPage,
    PublicationPage,
)
from pages.models.site_settings import SiteSettings
from pages.models.situations import (
    Assessment,
    Crime,
    SituationIndexPage,
    SituationPage,
    Status,
    TimelineEntry,
    Trend,
)

__all__ = [
    "Announced",
    "Assessment",
    "BackgroundPage",
    "BasePage",
    "ContactPage",
    "Crime",
    "DevelopmentIndexPage",
    "DevelopmentPage",
    "DocumentSymbol",
    "Filter",
    "HomePage",
    "Kind",
    "Language",
    "Level",
    "ListingPage",
    "PublicationIndexPage",
    "PublicationPage",
    "SectionPage",
    "SiteDocument",
    "SiteImage",
    "SiteRendition",
    "SiteSettings",
    "SituationIndexPage",
    "SituationPage",
    "Status",
    "TimelineEntry",
    "Trend",
]
