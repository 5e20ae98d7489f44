"""Applications that came in before they had drafts, people and sections."""

from django.db import migrations
from django.db.models import F

from icrtop.mail.addresses import InvalidAddress, normalise


def carry_over(apps, schema_editor):
    Application = apps.get_model("members", "Application")
    ApplicationPerson = apps.get_model("members", "ApplicationPerson")
    Revision = apps.get_model("members", "Revision")
    Application.objects.update(submitted_at=F("created"), state_since=F("updated"))
    for application in Application.objects.iterator():
        answers = {
            "organisation_name": application.organisation_name,
            "country": application.country_id,
            "website": application.website,
            "category": application.category,
            "work": application.why,
            "focal_1_name": application.contact_name,
            "focal_1_email": application.email,
        }
        for endorsement in application.endorsements.all():
            answers[endorsement.statement] = True
        application.answers = answers
        application.save(update_fields=["answers"])
        Revision.objects.create(
            application=application, number=1, answers=answers, at=application.created,
            by_email=application.email,
        )
        try:
            normalised = normalise(application.email)
        except InvalidAddress:
            continue
        ApplicationPerson.objects.create(
            application=application, email=application.email, normalised=normalised,
            added_at=application.created, joined_at=application.created,
        )
    apps.get_model("members", "ApplicationEvent").objects.filter(
        action__in=["submit", "correct"]
    ).update(actor="applicant")
    # Whoever was listed before profiles were checked goes on being listed.
    apps.get_model("members", "Organisation").objects.filter(
        memberships__ended=None, memberships__isnull=False
    ).update(profile_published=True)


class Migration(migrations.Migration):

    dependencies = [("members", "0002_joining")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
