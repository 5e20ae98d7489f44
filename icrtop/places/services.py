"""The list of countries and regions, kept as two files beside this one."""

import csv
from pathlib import Path

from django.db import transaction

from icrtop.places.models import Country, Region

DATA = Path(__file__).parent / "data"


@transaction.atomic
def load_places(region: type[Region] = Region, country: type[Country] = Country) -> None:
    """Write the UN's regions (M49) and countries (ISO 3166-1) as rows; what is there is updated.

    A migration passes the models as they were at its time.
    """
    regions = [
        region(code=row["code"], name=row["name"], parent_id=row["parent"] or None)
        for row in _rows("regions.csv")
    ]
    region.objects.bulk_create(
        regions, update_conflicts=True, unique_fields=["code"], update_fields=["name", "parent"]
    )
    countries = [
        country(
            code=row["code"],
            alpha3=row["alpha3"],
            numeric=row["numeric"],
            name=row["name"],
            sub_region_id=row["sub_region"],
        )
        for row in _rows("countries.csv")
    ]
    country.objects.bulk_create(
        countries,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["alpha3", "numeric", "name", "sub_region"],
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
