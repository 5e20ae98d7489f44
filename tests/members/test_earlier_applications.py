"""The migration from applications that were one form and one address to those with sections."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from icrtop.places.services import load_places

BEFORE, AFTER = ("members", "0001_initial"), ("members", "0004_joining_only")


def migrate(*targets):
    executor = MigrationExecutor(connection)
    executor.migrate(list(targets))
    return executor.loader.project_state(list(targets)).apps


@pytest.fixture
def earlier_models(transactional_db):
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    yield migrate(BEFORE)
    migrate(*leaves)


def test_what_was_sent_in_before_is_carried_over(earlier_models):
    load_places()  # Tests with real transactions leave none.
    earlier = earlier_models.get_model("members", "Application").objects.create(
        organisation_name="Example Society",
        country_id="GH",
        contact_name="Ama Example",
        email="Ama@Example.org",
        category="member",
        why="To work with others.",
        state="under_review",
    )
    earlier.endorsements.create(statement="founding_purposes", version="1")
    earlier.events.create(action="submit", by_name="Ama Example", to_state="submitted")
    earlier.events.create(action="review", by_name="Staff", to_state="under_review")
    organisation = earlier_models.get_model("members", "Organisation").objects.create(
        name="Listed", slug="listed", country_id="GH"
    )
    earlier_models.get_model("members", "Membership").objects.create(
        organisation=organisation, category="member"
    )

    later = migrate(AFTER)

    application = later.get_model("members", "Application").objects.get()
    assert application.submitted_at == earlier.created
    assert application.answers == {
        "organisation_name": "Example Society",
        "country": "GH",
        "website": "",
        "category": "member",
        "work": "To work with others.",
        "focal_1_name": "Ama Example",
        "focal_1_email": "Ama@Example.org",
        "founding_purposes": True,
    }
    person = application.people.get()
    assert (person.email, person.normalised) == ("Ama@Example.org", "ama@example.org")
    assert person.joined_at == earlier.created
    assert application.revisions.get().answers == application.answers
    actors = application.events.order_by("pk").values_list("actor", flat=True)
    assert list(actors) == ["applicant", "staff"]
    assert later.get_model("members", "Organisation").objects.get().profile_published
