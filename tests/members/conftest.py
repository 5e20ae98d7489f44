import pytest
from django.contrib.auth.models import Permission
from wagtail.models import Locale, Page, Site

from icrtop.accounts.models import User
from icrtop.places.models import Country
from icrtop.places.services import load_places
from members.models import DirectoryPage, JoinPage
from pages.models import HomePage, SectionPage, SiteSettings


@pytest.fixture
def home(db):
    """A home page at /, whose site's letters go to the secretariat."""
    if not Country.objects.exists():  # A test with transactions of its own left nothing.
        load_places()
    locale, _new = Locale.objects.get_or_create(language_code="en")
    root = Page.objects.filter(depth=1).first()
    if root is None:
        root = Page.add_root(instance=Page(title="Root", slug="root", locale=locale))
    home = root.add_child(instance=HomePage(title="Home", slug="members-home"))
    site = Site.objects.filter(is_default_site=True).first() or Site(
        hostname="testserver", is_default_site=True
    )
    site.root_page = home
    site.save()
    settings = SiteSettings.for_site(site)
    settings.email = "secretariat@icrtop.example"
    settings.save()
    return home


@pytest.fixture
def join_page(home):
    return home.add_child(instance=JoinPage(title="Join us", slug="join-the-coalition"))


@pytest.fixture
def directory(home):
    section = home.add_child(instance=SectionPage(title="The Coalition", slug="coalition"))
    return section.add_child(instance=DirectoryPage(title="Members", slug="members"))


@pytest.fixture
def staff_with(db):
    """Give it codenames of permissions for someone who may enter the admin and has those."""

    def create(*codenames: str, email: str = "staff@example.org") -> User:
        user = User.objects.create_user(email, first_name="Kofi", last_name="Example")
        wanted = ("access_admin", *codenames)
        user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
        return user

    return create


@pytest.fixture
def answers():
    """What a visitor fills in, right in every field."""
    return {
        "organisation_name": "Example Society",
        "country": "GH",
        "website": "example.org",
        "contact_name": "Ama Example",
        "email": "ama@example.org",
        "category": "member",
        "why": "To work with others on prevention.",
        "founding_purposes": "on",
        "common_understanding": "on",
        "leave_this_empty": "",
    }
