"""Each section of the form: what it takes, what it refuses and how it says so, what it stores."""

import pytest

from members.applying.drafts import NotChangeable, save_section
from members.models import Application, Sector
from members.sections import SECTIONS, answer_rows, differences, missing
from members.states import State
from tests.factories.accounts import signed_in
from tests.factories.members import COMPLETE, ApplicationFactory, add_document, complete_draft

pytestmark = pytest.mark.django_db

AMA = "ama@example.org"
WITH_FORM = [key for key, section in SECTIONS.items() if section.form]


@pytest.fixture(autouse=True)
def site(join_page):
    return join_page


@pytest.fixture
def draft():
    return ApplicationFactory(
        state=State.DRAFT, person=AMA, answers={}, organisation_name="", country=None, category=""
    )


@pytest.fixture
def ama():
    return signed_in(AMA)


def url(application, key):
    return f"{application.get_absolute_url()}{key}/"


def save(client, application, key, answers, **query):
    """Post a section as its own page would."""
    page = client.get(url(application, key))
    return client.post(
        url(application, key), {**answers, "version": page.context["version"]}, query_params=query
    )


def of_section(key):
    return {name: COMPLETE[name] for name in SECTIONS[key].fields if COMPLETE.get(name)}


@pytest.mark.parametrize("key", WITH_FORM)
def test_a_section_is_saved_by_itself_and_shown_again(ama, draft, key):
    given = of_section(key)
    response = save(ama, draft, key, given)
    assert (response.status_code, response["Location"]) == (
        302,
        f"{draft.get_absolute_url()}?saved={key}",
    )
    draft.refresh_from_db()
    assert {name: value for name, value in draft.answers.items() if value} == given
    assert key not in missing(draft)
    form = ama.get(url(draft, key)).context["form"]
    assert {name: form[name].value() for name in given} == {
        name: True if key == "endorsement" else value for name, value in given.items()
    }


@pytest.mark.parametrize("key", WITH_FORM)
def test_nothing_is_required_to_save(ama, draft, key):
    assert save(ama, draft, key, {}).status_code == 302
    assert key in missing(draft)


@pytest.mark.parametrize(
    ("key", "name", "typed"),
    [
        ("about", "general_email", "no address"),
        ("about", "general_email", "ama@"),
        ("about", "founded", "20255"),
        ("about", "founded", "long ago"),
        ("about", "founded", "-5"),
        ("about", "country", "XX"),
        ("about", "country", "gh"),
        ("about", "website", "javascript:alert(1)"),
        ("about", "website", "not a website"),
        ("about", "organisation_name", "Win at https://spam.example"),
        ("about", "organisation_name", "x" * 256),
        ("about", "about", "x" * 1001),
        ("registration", "registered", "perhaps"),
        ("work", "work", "x" * 4001),
        ("places", "works_in", "XX"),
        ("places", "regions", "999"),
        ("focal-points", "focal_1_email", "@example.org"),
        ("focal-points", "focal_2_name", "see www.spam.example"),
        ("category", "category", "king"),
        ("category", "listing", "nowhere"),
    ],
)
def test_what_is_malformed_has_its_error_and_the_rest_is_saved(ama, draft, key, name, typed):
    others = {other: value for other, value in of_section(key).items() if other != name}
    response = save(ama, draft, key, {**others, name: typed})
    assert response.status_code == 200
    form = response.context["form"]
    assert set(form.errors) - {"__all__"} == {name}
    assert f'href="#id_{name}' in response.text
    draft.refresh_from_db()
    assert {one: value for one, value in draft.answers.items() if value} == others


def test_a_corrected_field_is_saved_from_the_page_that_showed_the_error(ama, draft):
    response = save(ama, draft, "about", {"acronym": "EX", "founded": "20255"})
    version = response.context["version"]
    answers = {"acronym": "EX", "founded": "2015", "version": version}
    assert ama.post(url(draft, "about"), answers).status_code == 302
    draft.refresh_from_db()
    assert draft.answers["founded"] == 2015


@pytest.mark.parametrize(
    "typed",
    [
        "a\0b",
        "x" * 10_000,
        "\u202e\ufeff",
        "'; DROP TABLE members_application; --",
        "٣",
        "<b>x</b>",
    ],
)
def test_no_value_breaks_any_field_and_none_is_shown_as_markup(ama, draft, typed):
    for key in WITH_FORM:
        response = save(ama, draft, key, dict.fromkeys(SECTIONS[key].fields, typed))
        assert response.status_code in (200, 302)
        assert "<b>x</b>" not in response.text
        assert ama.get(url(draft, key)).status_code == 200
    check = ama.get(f"{draft.get_absolute_url()}check/")
    assert check.status_code == 200
    assert "<b>x</b>" not in check.text
    assert Application.objects.filter(pk=draft.pk).exists()


def test_words_in_any_script_and_of_any_length_are_shown_as_they_are(ama, draft):
    long = "Aß" * 120
    save(ama, draft, "about", {"organisation_name": long, "about": "منظمة <script>x</script>"})
    page = ama.get(f"{draft.get_absolute_url()}check/").text
    assert long in page
    assert '<dd dir="auto">منظمة &lt;script&gt;x&lt;/script&gt;' in page


def test_the_queue_has_copies_of_four_answers_and_the_version_counts_moves_alone(ama, draft):
    save(ama, draft, "about", of_section("about") | {"website": "example.org"})
    save(ama, draft, "category", of_section("category"))
    draft.refresh_from_db()
    assert (draft.organisation_name, draft.country_id, draft.website, draft.category) == (
        "Example Society",
        "GH",
        "https://example.org",
        "member",
    )
    assert draft.version == 1


def test_sectors_are_asked_for_once_there_are_any(ama, draft):
    assert 'name="sectors"' not in ama.get(url(draft, "about")).text
    Sector.objects.create(name="Human rights", slug="human-rights")
    save(ama, draft, "about", {"sectors": ["human-rights"]})
    draft.refresh_from_db()
    assert draft.answers["sectors"] == ["human-rights"]
    assert "Human rights" in ama.get(f"{draft.get_absolute_url()}check/").text


def test_the_two_focal_points_are_different_people(ama, draft):
    same = of_section("focal-points") | {"focal_2_email": "AMA@example.org"}
    response = save(ama, draft, "focal-points", same)
    assert "focal_2_email" in response.context["form"].errors
    draft.refresh_from_db()
    assert "focal_2_email" not in draft.answers


@pytest.mark.parametrize(
    ("answers", "needed"),
    [
        ({"registered": "no"}, set()),
        ({"registered": "yes"}, {"Registration number", "Where it is registered", "Legal form"}),
        (
            {"registered": "no", "private_sector": "yes"},
            {"If so: which not-for-profit part applies?"},
        ),
    ],
)
def test_what_is_needed_depends_on_what_was_answered(draft, answers, needed):
    rest = dict.fromkeys(
        ("non_profit", "private_sector", "government_controlled", "governance", "funding"), "no"
    )
    draft.answers = rest | answers
    assert set(missing(draft).get("registration", [])) == needed


def test_a_region_alone_says_where_an_organisation_works(draft):
    assert missing(draft)["places"] == ["At least one country or region"]
    draft.answers = {"regions": ["202"]}
    assert "places" not in missing(draft)


def test_the_places_are_grouped_and_what_is_chosen_is_told_on_top(ama, draft):
    save(ama, draft, "places", {"works_in": ["GH", "TG"], "regions": ["011"]})
    page = ama.get(url(draft, "places")).text
    assert "</strong> Ghana, Togo</p>" in page
    assert "</strong> Western Africa</p>" in page
    boxes = page.partition('id="id_works_in_0"')[2]
    assert (boxes.count("<details"), boxes.count("<details open")) == (5, 1)


def test_statutes_are_needed_and_a_certificate_of_who_is_registered(draft):
    assert len(missing(draft)["documents"]) == 2
    draft.answers = {"registered": "no"}
    assert missing(draft)["documents"] == ["Statutes"]
    add_document(draft)
    assert "documents" not in missing(draft)


def test_an_endorsement_of_an_earlier_wording_is_asked_for_again(draft):
    draft.answers = {"founding_purposes": "0", "common_understanding": "1"}
    assert missing(draft)["endorsement"] == ["Founding purposes"]


def test_only_the_fields_of_the_section_are_stored(ama, draft):
    save(ama, draft, "work", {"work": "Early warning.", "category": "member", "state": "accepted"})
    draft.refresh_from_db()
    assert draft.answers == {"work": "Early warning."}
    assert draft.state == State.DRAFT
    with pytest.raises(ValueError, match="category"):
        save_section(draft, "work", {"category": "member"}, AMA)


@pytest.mark.parametrize("state", [each for each in State if each != State.DRAFT])
def test_what_was_sent_is_not_changed(ama, state):
    application = complete_draft(AMA, state=state)
    assert ama.get(url(application, "work")).status_code == 404
    response = ama.post(url(application, "work"), {"work": "Something else, and long."})
    assert response.status_code == 409
    assert "Something else, and long." in response.text
    with pytest.raises(NotChangeable):
        save_section(application, "work", {"work": "Else"}, AMA)
    application.refresh_from_db()
    assert application.answers == COMPLETE


def test_only_the_sections_that_were_asked_for_are_open(ama):
    application = complete_draft(AMA, state=State.MORE_INFORMATION, open_sections=["work"])
    assert ama.get(url(application, "work")).status_code == 200
    assert ama.get(url(application, "about")).status_code == 404
    assert save(ama, application, "work", {"work": "More of it."}).status_code == 302
    assert ama.post(url(application, "about"), {"acronym": "EX"}).status_code == 409


def test_answers_are_read_in_the_order_of_the_form_in_words():
    sections = {
        one.key: {row.label: row.value for row in one.rows} for one in answer_rows(COMPLETE)
    }
    assert list(sections) == WITH_FORM
    assert sections["places"]["Countries in which you work"] == "Ghana\nTogo"
    assert sections["registration"]["Is your organisation registered?"] == "Yes"
    assert sections["focal-points"]["Second focal point: Name"] == "Kofi Example"
    assert sections["about"]["Acronym"] == ""
    assert all(row.label for one in answer_rows({}) for row in one.rows)


def test_what_changed_is_told_in_words_and_only_that():
    after = COMPLETE | {"works_in": ["GH"], "listing": "hidden", "acronym": ""}
    assert [(one.section, one.before, one.after) for one in differences(COMPLETE, after)] == [
        ("Countries and regions of work", "Ghana\nTogo", "Ghana"),
        ("Member or NGO Supporter", "With its name and profile", "Not at all"),
    ]


def test_an_earlier_application_is_read_too():
    earlier = {"organisation_name": "Old Society", "work": "x", "founding_purposes": True}
    rows = {row.name: row.value for one in answer_rows(earlier) for row in one.rows}
    assert rows["founding_purposes"] == "Endorsed"
    assert rows["common_understanding"] == ""
