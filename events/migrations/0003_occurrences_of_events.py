"""Events that were there before: each takes place once."""

from django.db import migrations
from django.db.models.functions import Coalesce

FIELDS = (
    "status",
    "time_zone",
    "all_day",
    "start_date",
    "start_time",
    "end_time",
    "starts_at",
    "ends_at",
)


def add_occurrences(apps, schema_editor):
    EventPage = apps.get_model("events", "EventPage")
    Occurrence = apps.get_model("events", "Occurrence")
    live = EventPage.objects.filter(live=True).annotate(last=Coalesce("end_date", "start_date"))
    Occurrence.objects.bulk_create(
        Occurrence(
            event_id=row.pop("pk"),
            original_date=row["start_date"],
            end_date=row.pop("last"),
            **row,
        )
        for row in live.values("pk", "last", *FIELDS)
    )


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0002_around_the_world'),
    ]

    operations = [
        migrations.RunPython(add_occurrences, migrations.RunPython.noop),
    ]
