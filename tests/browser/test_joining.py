"""From an NGO's first click to its profile in the directory, and what becomes of the others."""

import re
import uuid

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Site
from tests.browser.joining import (
    Person,
    fill_in,
    fill_places,
    fill_registration,
    make_move,
    texts,
    upload,
)
from tests.factories.documents import pdf

# Five of the founding members sit on the committee, each with one person who votes.
COMMITTEE = """
from members.models import FocalPoint, Membership
chosen = Membership.objects.filter(founding=True).order_by("pk")[:5]
Membership.objects.exclude(pk__in=[one.pk for one in chosen]).update(on_steering_committee=False)
for number, one in enumerate(chosen):
    FocalPoint.objects.get_or_create(
        organisation=one.organisation, email=f"voter-{number}@example.org",
        defaults={"name": f"Voter {number}", "on_committee": True})
"""
A_YEAR_LATER = """
from datetime import timedelta
from members.models import Membership, Organisation
from members.tasks import ask_members_to_reconfirm
organisation = Organisation.objects.get(name=NAME)
term = organisation.memberships.get()
long_ago = term.confirmed_at - timedelta(days=370)
Membership.objects.filter(pk=term.pk).update(confirmed_at=long_ago)
ask_members_to_reconfirm()
"""
LONG_AFTER = """
from datetime import timedelta
from django.utils import timezone
from members.models import Application
Application.objects.filter(organisation_name=NAME).update(
    state_since=timezone.now() - timedelta(days=365 * 3))
"""


def run_script(site: Site, script: str, name: str = "") -> None:
    site.manage("shell", "-v", "0", "-c", f"NAME = {name!r}\n{script}")


@pytest.fixture
def committee(chromium: Browser, site: Site) -> list[Person]:
    run_script(site, COMMITTEE)
    return [Person(chromium, site, f"voter-{number}@example.org") for number in range(5)]


@pytest.fixture
def somebody(chromium: Browser, site: Site):
    """Give it a first name for a new person with a mailbox."""
    return lambda name: Person(chromium, site, f"{name}-{uuid.uuid4().hex[:8]}@example.org")


def begin(person: Person, organisation: str) -> Page:
    """From the page to join to a draft whose first section is saved."""
    page = person.chromium.new_context(base_url=person.site.url).new_page()
    page.goto("/join-the-coalition")
    page.get_by_role("link", name="Start an application").click()
    person.sign_in(page)
    page.get_by_role("button", name="Start an application").click()

    def about(page: Page) -> None:
        texts(
            organisation_name=organisation,
            city="Accra",
            website="example.org",
            general_email="office@example.org",
            about="We work on the prevention of mass atrocities.",
        )(page)
        page.locator("[name=country]").select_option("GH")

    fill_in(page, "About the organisation", about)
    return page


def fill_in_the_rest(page: Page, first: Person, second: Person) -> None:
    fill_in(page, "Registration and governance", fill_registration)
    fill_in(page, "Work on RtoP or related fields", texts(work="We train mediators."))
    fill_in(page, "Countries and regions of work", fill_places)
    fill_in(
        page,
        "Focal points",
        texts(
            focal_1_name="Ama Example",
            focal_1_email=first.address,
            focal_1_position="Director",
            focal_2_name="Kofi Example",
            focal_2_email=second.address,
            focal_2_position="Programme officer",
        ),
    )

    def category(page: Page) -> None:
        page.locator("[name=category][value=member]").check()
        page.locator("[name=listing][value=full]").check()

    fill_in(page, "Member or NGO Supporter", category)
    back = page.url
    page.get_by_role("main").get_by_role("link", name="Documents", exact=True).click()
    for kind in ("registration", "statutes"):
        upload(page, kind, f"{kind}.pdf", pdf())
        expect(page.get_by_role("main")).to_contain_text(f"{kind}.pdf")
    page.goto(back)


def send(page: Page) -> None:
    def endorse(page: Page) -> None:
        page.locator("[name=founding_purposes]").check()
        page.locator("[name=common_understanding]").check()

    fill_in(page, "Endorsement", endorse)
    page.get_by_role("link", name="Check your answers").click()
    page.get_by_role("button", name="Send the application").click()
    expect(page.get_by_role("heading", name="Received")).to_be_visible()


def file_of(staff: Page, organisation: str) -> str:
    staff.goto(f"/admin/applications/?q={organisation.replace(' ', '+')}")
    staff.get_by_role("link", name=organisation).first.click()
    staff.wait_for_url(re.compile(r"/admin/applications/\w+/\d+/"))
    return staff.url


def vote(voter: Person, reference: str, choice: str, comment: str = "") -> Page:
    page = voter.visit(f"/committee/{reference}/")
    expect(page.get_by_role("main")).to_contain_text("We train mediators")
    page.locator(f"[name=choice][value={choice}]").check()
    page.locator("[name=comment]").fill(comment)
    page.get_by_role("button", name=re.compile("Vote|Change the vote")).click()
    expect(page.get_by_role("status")).to_contain_text("recorded")
    return page


def test_from_the_first_click_to_the_directory(staff: Page, committee, somebody, site) -> None:
    name = f"Example Society {uuid.uuid4().hex[:6]}"
    ama, kofi = somebody("ama"), somebody("kofi")

    # Three visits: begun on one device, filled in on another, sent by a colleague.
    first_visit = begin(ama, name)
    address = first_visit.url
    reference = re.search(r"A-\w{4}-\w{4}", address)[0]
    path = address.removeprefix(site.url)
    first_visit.context.close()

    second_visit = ama.visit(path)
    fill_in_the_rest(second_visit, ama, kofi)
    second_visit.get_by_role("link", name="People who fill it in").click()
    second_visit.get_by_label("E-mail address").fill(kofi.address)
    second_visit.get_by_role("button", name="Send the invitation").click()
    kofi.letter("invit|application together|fill")
    second_visit.context.close()

    stranger = somebody("eve").visit(path)
    expect(stranger.get_by_role("heading", level=1)).not_to_contain_text(name)
    assert stranger.request.get(address).status == 404

    third_visit = kofi.visit(path)
    send(third_visit)
    assert reference in ama.letter("received your application")

    # The secretariat asks for more, in its own words, and the applicant answers.
    file_url = file_of(staff, name)
    make_move(staff, file_url, "Acknowledge and review", "We look forward to reading it.")
    assert "We look forward to reading it." in ama.letter("are reading")
    staff.get_by_role("main").get_by_role("link", name="Ask for more information").click()
    staff.wait_for_url("**/ask/")
    staff.locator("[name=sections][value=work]").check()
    staff.locator("[name=note]").fill("How many mediators a year?")
    staff.get_by_role("button", name="Next: the letter").click()
    staff.get_by_role("button", name="Ask for more information").last.click()
    staff.wait_for_url(file_url)
    assert "How many mediators a year?" in ama.letter("more information")

    third_visit.goto(path)
    expect(third_visit.get_by_role("main")).to_contain_text("How many mediators a year?")
    more = texts(work="We train mediators, forty a year.")
    fill_in(third_visit, "Work on RtoP or related fields", more)
    third_visit.get_by_role("link", name="Check and send the answers").click()
    third_visit.get_by_role("button", name="Send the answers").click()
    staff.goto(file_url)
    expect(staff.get_by_role("main")).to_contain_text("forty a year")

    # Five on the committee, one takes no part; the third yes decides.
    make_move(staff, file_url, "Put to the ballot")
    assert f"/committee/{reference}/" in committee[0].letter("Please vote")
    vote(committee[0], reference, "recused")
    vote(committee[1], reference, "yes")
    vote(committee[2], reference, "yes", "They work well with us.")
    staff.goto(file_url)
    expect(staff.get_by_role("main")).to_contain_text("Ballot open")
    last = vote(committee[3], reference, "yes")
    expect(last.get_by_role("status")).to_contain_text("The ballot has closed.")
    staff.reload()
    expect(staff.get_by_role("main")).to_contain_text("Ballot closed")

    make_move(staff, file_url, "Accept")
    assert "Welcome" in kofi.letter("accepted")

    # Nothing is public before a focal point has checked it.
    visitor = staff.context.browser.new_context(base_url=site.url).new_page()
    visitor.goto("/members/")
    expect(visitor.get_by_role("main")).not_to_contain_text(name)
    ama_at_home = ama.visit("/account/")
    ama_at_home.get_by_role("main").get_by_role("link", name=name).first.click()
    ama_at_home.get_by_role("link", name="Check your profile").click()
    ama_at_home.get_by_role("button", name="Make it public").click()
    expect(ama_at_home.get_by_role("status")).to_be_visible()
    visitor.goto(f"/members/?q={name.replace(' ', '+')}")
    visitor.get_by_role("main").get_by_role("link", name=name).first.click()
    expect(visitor.get_by_role("heading", level=1)).to_contain_text(name)

    # A year later one button is enough.
    run_script(site, A_YEAR_LATER, name)
    letter = ama.letter("still right|reconfirm|once a year")
    visitor.goto(re.search(r"https?://\S+/account/organisations/confirm/\S+", letter)[0])
    visitor.get_by_role("button", name="Nothing has changed: confirm").click()
    expect(visitor.get_by_role("main")).to_contain_text(re.compile("Thank you|confirmed", re.I))


def test_one_is_declined_and_forgotten_in_time(staff: Page, somebody, site) -> None:
    name = f"Forgotten Society {uuid.uuid4().hex[:6]}"
    ama, kofi = somebody("ama"), somebody("kofi")
    page = begin(ama, name)
    fill_in_the_rest(page, ama, kofi)
    send(page)
    file_url = file_of(staff, name)
    make_move(staff, file_url, "Acknowledge and review")
    make_move(staff, file_url, "Decline", note="It is a body of a government.")
    assert "It is a body of a government." in ama.letter("decision")
    page.reload()
    expect(page.get_by_role("heading", name="Not accepted")).to_be_visible()

    run_script(site, LONG_AFTER, name)
    staff.goto("/admin/membership/retention/")
    expect(staff.get_by_role("main")).to_contain_text(name)
    run_script(site, "from members.tasks import keep_to_retention\nkeep_to_retention()")
    staff.goto(file_url)
    expect(staff.get_by_role("main")).to_contain_text("anonymised")
    expect(staff.get_by_role("main")).not_to_contain_text(name)
    page.reload()
    expect(page.get_by_role("main")).not_to_contain_text(name)
