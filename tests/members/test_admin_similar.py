"""Which applications and organisations are taken for similar to an application, and which not."""

import pytest

from members.admin.similar import similar_to
from members.states import State
from tests.factories.members import (
    ApplicationFactory,
    FocalPointFactory,
    MembershipFactory,
    OrganisationFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(home):
    return ApplicationFactory(
        organisation_name="Société pour la Paix",
        website="https://www.paix.example/fr/",
        person="ama@paix.example",
        answers={"focal_1_email": "Head@Bureau.example", "focal_2_email": "paix@gmail.com"},
    )


def found(application) -> dict[str, list[str]]:
    return {similar.name.partition(" (")[0]: similar.reasons for similar in similar_to(application)}


DOMAIN = "same domain of website or e-mail"
ADDRESS = "same e-mail address or focal point"
NAME = "similar name"


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        ({"website": "http://paix.example"}, [DOMAIN]),
        ({"website": "https://PAIX.example:8000/en?x"}, [DOMAIN]),
        ({"website": "https://bureau.example"}, [DOMAIN]),
        ({"person": "kofi@paix.example"}, [DOMAIN]),
        ({"answers": {"focal_2_email": "Someone@bureau.example"}}, [DOMAIN]),
        ({"person": "ama@paix.example"}, [ADDRESS, DOMAIN]),
        ({"person": "paix@gmail.com"}, [ADDRESS]),
        ({"answers": {"focal_1_email": "PAIX@gmail.com"}}, [ADDRESS]),
    ],
)
def test_an_application_with_the_same_domain_or_address_is_found(application, fields, reasons):
    ApplicationFactory(organisation_name="Other", **fields)
    assert found(application) == {"Other": reasons}


@pytest.mark.parametrize("name", ["Societe pour la paix", "SOCIÉTÉ POUR LA PAIX"])
def test_a_name_that_looks_alike_is_found_whatever_its_accents_and_capitals(application, name):
    ApplicationFactory(organisation_name=name)
    assert found(application) == {name: [NAME]}


@pytest.mark.parametrize(
    "fields",
    [
        {"person": "other@gmail.com"},
        {"website": "https://gmail.com/"},
        {"website": "https://notpaix.example"},
        {"website": "https://x.example/paix.example"},
        {"organisation_name": "Institute of Law"},
    ],
)
def test_what_is_not_similar_is_not_found(application, fields):
    ApplicationFactory(**{"organisation_name": "Other", **fields})
    assert found(application) == {}


def test_two_pages_at_a_shared_site_say_nothing(home):
    one, _other = (
        ApplicationFactory(organisation_name=name, website=f"https://www.facebook.com/{name}")
        for name in ("Alpha", "Omega")
    )
    one.people.update(normalised="one@gmail.com")
    assert found(one) == {}


def test_drafts_and_anonymised_files_are_not_looked_at(application):
    ApplicationFactory(website="https://paix.example", state=State.DRAFT)
    gone = ApplicationFactory(website="https://paix.example", state=State.DECLINED)
    gone.anonymised_at = gone.submitted_at
    gone.save()
    assert found(application) == {}


def test_members_and_former_members_are_found_by_site_name_and_focal_point(application):
    MembershipFactory(
        organisation=OrganisationFactory(name="By site", website="https://paix.example/")
    )
    OrganisationFactory(name="Société pour la paix")
    FocalPointFactory(organisation=OrganisationFactory(name="By person"), email="paix@gmail.com")
    OrganisationFactory(name="Unlike", website="https://unlike.example")
    assert found(application) == {
        "By person": [ADDRESS],
        "By site": [DOMAIN],
        "Société pour la paix": [NAME],
    }
    standing = {similar.name: similar.standing for similar in similar_to(application)}
    assert standing["By site"] == "belongs to the Coalition"
    assert standing["By person"] == "does not belong to it now"


def test_an_application_is_not_similar_to_itself_or_to_the_member_it_became(application):
    application.organisation = OrganisationFactory(
        name="Société pour la Paix", website=application.website
    )
    application.save()
    assert found(application) == {}


def test_an_empty_application_is_similar_to_nothing(home):
    ApplicationFactory.create_batch(2, organisation_name="", website="", answers={})
    one = ApplicationFactory(organisation_name="", website="", answers={})
    one.people.all().delete()
    assert similar_to(one) == []


def test_it_takes_as_few_queries_for_many(application, django_assert_max_num_queries):
    ApplicationFactory.create_batch(30, website="https://paix.example")
    with django_assert_max_num_queries(5):
        assert len(similar_to(application)) == 20
