import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import storages
from wagtail.models import Locale, Page, Site

from icrtop.accounts.models import User
from icrtop.places.models import Country
from icrtop.places.services import load_places
from members.models import ApplicationDocument, DirectoryPage, JoinPage
from pages.models import HomePage, SiteSettings


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
    """The directory, at /members/."""
    return home.add_child(instance=DirectoryPage(title="Members", slug="members"))


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
def private_root(tmp_path, monkeypatch):
    """An empty folder for what applicants send."""
    folder = tmp_path / "private"
    storage = ApplicationDocument._meta.get_field("file").storage
    monkeypatch.setitem(storage.__dict__, "base_location", str(folder))
    monkeypatch.setitem(storage.__dict__, "location", str(folder))
    monkeypatch.setitem(storages._storages, "private", storage)
    return folder
