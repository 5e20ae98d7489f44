from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations

# English stemming, with accents folded first: "Cote d'Ivoire" finds Côte d'Ivoire.
CREATE = """
CREATE TEXT SEARCH CONFIGURATION icrtop (COPY = english);
ALTER TEXT SEARCH CONFIGURATION icrtop
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
"""


def load_places(apps, schema_editor):
    from icrtop.places.services import load_places

    load_places(apps.get_model("places", "Region"), apps.get_model("places", "Country"))


class Migration(migrations.Migration):
    dependencies = [("places", "0001_initial")]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(CREATE, "DROP TEXT SEARCH CONFIGURATION icrtop"),
        migrations.RunPython(load_places, migrations.RunPython.noop),
    ]
