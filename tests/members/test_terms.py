"""Terms of membership: one at a time, and only such as can be."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from members.models import Category, Membership
from tests.factories.members import MembershipFactory, OrganisationFactory

pytestmark = pytest.mark.django_db


def test_an_organisation_has_one_term_at_a_time(home):
    membership = MembershipFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        MembershipFactory(organisation=membership.organisation)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"since": "2012", "ended": datetime.date(2011, 12, 31)}, "ended"),
        ({"since": "2012-05", "ended": datetime.date(2012, 4, 30)}, "ended"),
        ({"since": "2011-10-19", "category": Category.NGO_SUPPORTER}, "since"),
        ({"since": "2010", "category": Category.NGO_SUPPORTER}, "since"),
        ({"since": "2012-13"}, "since"),
    ],
)
def test_terms_that_cannot_be_are_refused(home, fields, wrong):
    membership = Membership(organisation=OrganisationFactory(), **fields)
    with pytest.raises(ValidationError) as refusal:
        membership.full_clean()
    assert set(refusal.value.message_dict) == {wrong}


@pytest.mark.parametrize(
    "fields",
    [
        {"since": "2012", "ended": datetime.date(2012, 1, 1)},
        {"since": "2012-05", "ended": datetime.date(2012, 5, 1)},
        {"since": "", "ended": datetime.date(2012, 5, 1)},
        {"since": "2011-10-20", "category": Category.NGO_SUPPORTER},
        {"since": "2011", "category": Category.NGO_SUPPORTER},
    ],
)
def test_terms_that_can_be_are_taken(home, fields):
    Membership(organisation=OrganisationFactory(), **fields).full_clean()
