"""The file of an application on one page."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from icrtop.mail.models import Delivery
from icrtop.mail.models import State as DeliveryState
from members.models import ApplicationDocument, Revision
from members.services import applicants
from members.services import staff as services
from members.states import State
from tests.factories.members import ApplicationFactory
from tests.members.admin_pages import ALL, file_of, html

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(staff_with):
    return staff_with(*ALL)


@pytest.fixture
def staff(client, by, home):
    client.force_login(by)
    return client


@pytest.fixture
def submitted(home):
    draft = ApplicationFactory(
        state=State.DRAFT, organisation_name="Example <Society>", person="ama@example.org"
    )
    draft.answers |= {
        "city": "Accra",
        "about": "First line\nsecond <b>line</b>",
        "founding_purposes": "1",
        "common_understanding": "1",
    }
    draft.save()
    return applicants.submit(draft, "ama@example.org")


def document(application, name, **fields) -> ApplicationDocument:
    return ApplicationDocument.objects.create(
        application=application,
        kind="statutes",
        file=f"applications/{name}",
        name=name,
        content_type="application/pdf",
        size=1000,
        sha256="0" * 64,
        **fields,
    )


def test_the_file_says_where_it_stands_and_shows_the_answers(staff, submitted):
    page = html(staff.get(file_of(submitted)))
    for shown in (
        "Example &lt;Society&gt;",
        submitted.reference,
        "The applicant reads",
        "Received",
        "Secretariat",
        "Ghana",
        "Accra",
        "First line<br>second &lt;b&gt;line&lt;/b&gt;",
        "As they were sent on",
    ):
        assert shown in page
    assert "<b>line</b>" not in page


def test_every_jump_leads_to_a_part_of_the_page(staff, submitted):
    page = html(staff.get(file_of(submitted)))
    links = page.partition('class="membership-jump"')[2].partition("</nav>")[0]
    targets = [part.partition('"')[0] for part in links.split('href="#')[1:]]
    assert {"answers", "documents", "changes", "similar", "notes", "letters"} <= set(targets)
    assert all(page.count(f'id="{target}"') == 1 for target in targets)


def test_endorsements_show_the_wording_its_version_and_who_endorsed(staff, submitted):
    page = html(staff.get(file_of(submitted)))
    assert "accepts the full range of its measures" in page
    assert "wording 1, endorsed on" in page
    assert "by ama@example.org" in page


def test_the_trail_says_what_became_of_each_letter(staff, submitted):
    delivery = Delivery.objects.get(address="ama@example.org")
    delivery.state, delivery.server_reply = DeliveryState.FAILED, "550 No such user"
    delivery.save()
    page = html(staff.get(file_of(submitted)))
    assert page.count("refused (550 No such user)") == 2
    for shown in ("Send the application", "Draft → New", "ama@example.org (Applicant)"):
        assert shown in page
    assert "We have received your application" in page
    assert reverse("outbox:inspect", args=[delivery.pk]) not in page


def test_letters_lead_to_the_outbox_for_those_who_may_see_it(client, staff_with, submitted):
    client.force_login(staff_with("view_application", "view_delivery"))
    delivery = Delivery.objects.get(address="ama@example.org")
    address = reverse("outbox:inspect", args=[delivery.pk])
    assert address in html(client.get(file_of(submitted)))
    assert client.get(address).status_code == 200


def test_documents_are_downloads_and_those_taken_away_stand_apart(staff, submitted):
    now, gone = document(submitted, "now.pdf"), document(submitted, "gone.pdf")
    gone.removed_at = timezone.now()
    gone.save()
    page = html(staff.get(file_of(submitted)))
    current, _heading, earlier = page.partition("Taken away or replaced")
    assert now.get_absolute_url() in current
    assert gone.get_absolute_url() in earlier
    assert gone.get_absolute_url() not in current


def revised(application, number, documents=(), **answers) -> Revision:
    return Revision.objects.create(
        application=application,
        number=number,
        answers={**application.answers, **answers},
        documents=[one.pk for one in documents],
        by_email="ama@example.org",
    )


def changes(response) -> dict[str, tuple[str, str]]:
    found = response.context["changes"]
    return {one.label: (one.before, one.after) for one in found.answers}


def test_what_changed_is_shown_between_the_last_two_or_those_that_are_chosen(staff, submitted):
    old, new = document(submitted, "old.pdf"), document(submitted, "new.pdf")
    revised(submitted, 2, [old], city="Kumasi")
    revised(submitted, 3, [new], city="Tamale")
    response = staff.get(file_of(submitted))
    assert list(changes(response).values()) == [("Kumasi", "Tamale")]
    assert response.context["changes"].added == [new]
    assert response.context["changes"].removed == [old]
    page = html(response)
    assert "<del>Kumasi</del>" in page
    assert "<ins>Tamale</ins>" in page
    chosen = staff.get(file_of(submitted), {"before": "1", "after": "2"})
    assert list(changes(chosen).values()) == [("Accra", "Kumasi")]
    same = staff.get(file_of(submitted), {"before": "2", "after": "2"})
    assert "Nothing differs between these two." in html(same)
    nonsense = staff.get(file_of(submitted), {"before": "x", "after": "99"})
    assert changes(nonsense) == changes(response)


def test_sent_once_there_is_nothing_to_compare(staff, submitted):
    assert "It was sent in once" in html(staff.get(file_of(submitted)))


def test_what_the_applicant_is_changing_is_not_shown_before_it_is_sent(staff, submitted, by):
    day = timezone.localdate() + datetime.timedelta(days=9)
    services.ask(submitted, by, submitted.version, note="City?", sections=["about"], answer_by=day)
    submitted.refresh_from_db()
    submitted.answers = {**submitted.answers, "city": "Unfinished"}
    submitted.save()
    page = html(staff.get(file_of(submitted)))
    assert "Unfinished" not in page
    assert "Accra" in page
    assert "The applicant may be changing them" in page
    assert "open to the applicant" in page


def test_notes_are_added_with_who_and_when(staff, submitted):
    address = reverse("applications:note", args=[submitted.pk])
    assert "Write something first." in html(staff.post(address, {"text": " "}))
    done = staff.post(address, {"text": "Ask <them>\nagain"}, follow=True)
    assert "Ask &lt;them&gt;<br>again" in html(done)
    assert "Kofi Example, <time" in html(done)
    assert submitted.notes.count() == 1


def test_it_is_assigned_to_oneself_to_another_and_to_nobody(staff, submitted, by, staff_with):
    other = staff_with("change_application", email="other@example.org")
    outsider = staff_with(email="outsider@example.org")
    address = reverse("applications:assign", args=[submitted.pk])
    steps = [
        ({"was": "", "me": "1"}, by),
        ({"was": by.pk, "to": other.pk}, other),
        ({"was": other.pk, "to": outsider.pk}, other),
        ({"was": other.pk, "to": ""}, None),
    ]
    for data, holder in steps:
        staff.post(address, data)
        submitted.refresh_from_db()
        assert submitted.assigned_to == holder
    assert submitted.events.filter(action="assign").count() == 3


def test_a_longer_file_takes_no_more_queries(staff, submitted, by, django_assert_max_num_queries):
    def lengthen():
        services.add_note(submitted, by, "x")
        document(submitted, "x.pdf")
        last = submitted.revisions.count()
        revised(submitted, last + 1, city=str(last))
        event = submitted.events.create(actor="staff", action="write", to_state=submitted.state)
        event.messages.set(submitted.events.first().messages.all())

    lengthen()
    staff.get(file_of(submitted))
    with django_assert_max_num_queries(45) as few:
        staff.get(file_of(submitted))
    for _number in range(5):
        lengthen()
    with django_assert_max_num_queries(len(few)):
        staff.get(file_of(submitted))
