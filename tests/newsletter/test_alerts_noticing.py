"""What is published and what is told of it: each change once, and nothing that nobody chose."""

import datetime

import pytest
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import PageViewRestriction, Revision

from newsletter.alerts import noticing, sending
from newsletter.models import Alert, MailingList
from pages.models import DevelopmentPage, Status
from tests.factories.pages import (
    AssessmentFactory,
    DevelopmentPageFactory,
    PublicationPageFactory,
    SituationPageFactory,
)
from tests.newsletter.alerting import publish

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("subscribe_page", "lists")]


def keys() -> list[str]:
    return list(Alert.objects.order_by("pk").values_list("key", flat=True))


def wishes(page) -> set[bool]:
    """Where the next version of a page would take its wish from."""
    latest = page.get_latest_revision_as_object()
    return {latest.notify, type(page).objects.get(pk=page.pk).notify}


def test_a_development_that_staff_want_told_is_told_with_its_places_and_topic():
    page = publish(
        DevelopmentPageFactory(title="Council meets", level="sub_regional", countries=["KE"])
    )
    (alert,) = Alert.objects.all()
    assert (alert.key, alert.title, alert.date) == (f"page-{page.pk}", "Council meets", page.date)
    assert alert.topic == "regional"
    assert alert.countries == ["KE"]
    assert alert.regions == ["002", "014"]
    assert alert.revision_id == page.live_revision_id
    assert wishes(page) == {False}


@pytest.mark.parametrize("factory", [DevelopmentPageFactory, PublicationPageFactory])
def test_a_page_that_is_published_without_the_wish_is_silent_until_it_is_ticked(factory):
    page = publish(factory(), notify=False)
    assert keys() == []
    publish(page)
    assert keys() == [f"page-{page.pk}"]


def test_a_correction_and_a_second_wish_are_silent():
    page = publish(PublicationPageFactory())
    page.title = "With a comma, mended"
    page.save_revision().publish()
    publish(page)
    assert keys() == [f"page-{page.pk}"]
    assert wishes(page) == {False}


def test_unpublishing_and_publishing_again_and_moving_are_silent():
    page = publish(DevelopmentPageFactory())
    page.unpublish()
    page = publish(page)
    page.move(page.get_parent(), pos="first-child")
    assert keys() == [f"page-{page.pk}"]


def test_a_draft_keeps_the_wish_and_tells_nothing():
    page = publish(DevelopmentPageFactory(), notify=False)
    page.notify = True
    page.save_revision()
    assert keys() == []
    assert page.get_latest_revision_as_object().notify
    page.get_latest_revision().publish()
    assert keys() == [f"page-{page.pk}"]


@pytest.mark.parametrize("is_live", [True, False])
def test_what_is_scheduled_is_told_when_its_time_has_come(is_live):
    page = DevelopmentPageFactory(live=is_live)
    page.notify = True
    page.go_live_at = timezone.now() + datetime.timedelta(hours=1)
    revision = page.save_revision()
    revision.publish()
    assert keys() == []
    Revision.objects.filter(pk=revision.pk).update(
        approved_go_live_at=timezone.now() - datetime.timedelta(minutes=1),
        content={**revision.content, "go_live_at": "2020-01-01T00:00:00Z"},
    )
    call_command("publish_scheduled", verbosity=0)
    assert keys() == [f"page-{page.pk}"]
    assert wishes(DevelopmentPage.objects.get()) == {False}


def test_an_older_version_that_is_restored_does_not_wish_again():
    page = publish(DevelopmentPageFactory())
    publish(page, notify=False)
    assert not any(each.content["notify"] for each in page.revisions.all())


def test_a_copy_has_no_wish_and_is_told_for_itself():
    page = DevelopmentPageFactory()
    page.notify = True
    page.save_revision()
    copy = page.copy(update_attrs={"slug": "copy", "title": "Copy"}, keep_live=True)
    assert wishes(copy) == {False}
    assert keys() == []
    publish(copy)
    assert keys() == [f"page-{copy.pk}"]


def test_an_alias_of_a_told_page_is_not_told():
    page = DevelopmentPageFactory()
    page.create_alias(update_slug="alias")
    publish(page)
    assert keys() == [f"page-{page.pk}"]
    assert not DevelopmentPage.objects.filter(notify=True).exists()


def test_a_private_page_is_not_told_and_staff_can_know_why():
    page = DevelopmentPageFactory()
    PageViewRestriction.objects.create(page=page.get_parent(), restriction_type="login")
    page = publish(page)
    assert keys() == []
    assert wishes(page) == {False}
    assert "private" in noticing.why_silent(page)


@pytest.mark.parametrize("change", [{"sends_alerts": False}, {"is_public": False}])
def test_without_an_open_list_of_alerts_nothing_is_told_and_the_log_says_so(caplog, change):
    MailingList.objects.filter(sends_alerts=True).update(**change)
    page = publish(DevelopmentPageFactory())
    assert keys() == []
    assert "no open mailing list" in caplog.text
    assert wishes(page) == {False}


def test_publishing_that_was_cut_off_before_the_alert_is_made_up_for():
    page = DevelopmentPageFactory(
        notify=True, last_published_at=timezone.now() - datetime.timedelta(minutes=2)
    )
    draft = DevelopmentPageFactory(notify=True, live=False)
    noticing.notice_missed()
    assert keys() == [f"page-{page.pk}"]
    assert DevelopmentPage.objects.get(notify=True) == draft


def new_assessment(page, date: str, **values):
    values = {"is_sample": False, **values}
    return AssessmentFactory.build(situation=page, date=datetime.date.fromisoformat(date), **values)


def assess(page, date: str, *, notify: bool = True, **values):
    """Add an assessment, and publish."""
    page.assessments.add(new_assessment(page, date, **values))
    return publish_this(page, notify=notify)


def publish_this(page, *, notify: bool):
    page.notify = notify
    page.save_revision().publish()
    return type(page).objects.get(pk=page.pk)


def test_each_new_assessment_of_a_situation_is_told_once():
    page = assess(SituationPageFactory(country_id="KE"), "2026-01-01")
    assert Alert.objects.get().topic == "situations"
    page = publish_this(page, notify=True)
    page = assess(page, "2026-02-01")
    assert keys() == [f"assessment-{page.pk}-2026-01-01", f"assessment-{page.pk}-2026-02-01"]
    assert "told before" in noticing.why_silent(page)


def test_of_several_new_assessments_the_latest_is_told_and_none_is_later_on():
    page = SituationPageFactory()
    for date in ("2026-03-01", "2026-01-01"):
        page.assessments.add(new_assessment(page, date))
    page = publish_this(page, notify=True)
    page = assess(page, "2026-02-01")
    assert keys() == [f"assessment-{page.pk}-2026-03-01"]


def test_an_assessment_that_was_published_silently_can_be_told_later():
    page = assess(SituationPageFactory(), "2026-01-01", notify=False)
    publish_this(page, notify=True)
    assert keys() == [f"assessment-{page.pk}-2026-01-01"]


def test_a_corrected_assessment_is_not_told_again():
    page = assess(SituationPageFactory(), "2026-01-01")
    (assessment,) = page.assessments.all()
    assessment.status, assessment.summary = Status.CLOSED, "Corrected."
    page.assessments.add(assessment)
    publish_this(page, notify=True)
    assert keys() == [f"assessment-{page.pk}-2026-01-01"]


@pytest.mark.parametrize("corrected", ["2026-01-30", "2026-02-03"])
def test_an_assessment_whose_date_is_corrected_is_still_the_one_that_was_told(corrected):
    page = assess(SituationPageFactory(), "2026-01-01", notify=False)
    page = assess(page, "2026-02-01")
    newest = page.latest_assessment
    newest.date = datetime.date.fromisoformat(corrected)
    page.assessments.add(newest)
    page = publish_this(page, notify=True)
    assert keys() == [f"assessment-{page.pk}-{corrected}"]


def test_a_told_assessment_that_is_deleted_gives_its_alert_to_no_other():
    page = assess(SituationPageFactory(), "2026-01-01", notify=False)
    page = assess(page, "2026-02-01")
    page.assessments.remove(page.latest_assessment)
    page = publish_this(page, notify=True)
    assert keys() == [f"assessment-{page.pk}-2026-02-01"]


def test_a_sample_is_never_told_nor_is_a_situation_without_an_assessment():
    page = publish_this(SituationPageFactory(), notify=True)
    assert "no assessment" in noticing.why_silent(page)
    page = assess(page, "2026-01-01", is_sample=True)
    assert "sample" in noticing.why_silent(page)
    assert keys() == []


def test_what_is_corrected_in_a_page_is_corrected_in_its_alert():
    page = publish(DevelopmentPageFactory(title="Tpyo", level="un"))
    page.title, page.level, page.countries = "Typo", "national", ["KE"]
    publish_this(page, notify=False)
    alert = Alert.objects.get()
    assert (alert.title, alert.topic, alert.countries) == ("Typo", "national", ["KE"])
    assert alert.regions


def test_what_was_called_off_is_not_told_again_and_staff_can_know_why():
    page = publish(DevelopmentPageFactory())
    sending.call_off(Alert.objects.get(), None)
    publish(page)
    assert keys() == [f"page-{page.pk}"]
    assert "called off" in noticing.why_silent(page)


def test_an_alert_outlives_its_page():
    page = publish(DevelopmentPageFactory(title="Gone"))
    page.delete()
    assert Alert.objects.get(page=None).title == "Gone"
