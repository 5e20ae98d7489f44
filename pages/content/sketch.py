"""A page as the content files describe it, before it is one."""

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.apps import apps

from pages.models import BasePage

HERE = Path(__file__).parent
TREE = HERE / "tree"


@dataclass
class Sketch:
    """What a page is to hold.

    `path` is its place below the home page, such as `rtop/history`; the home page's own is empty.
    `fields` go to the model as they are, `rows` are its inline children by relation, `body` is a
    list of blocks, each a table with one key: the block's name. `children` are the slugs of the
    pages below it, in order.
    """

    path: str
    model: type[BasePage]
    fields: dict[str, Any]
    body: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    countries: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)

    @property
    def parent_path(self) -> str | None:
        return self.path.rpartition("/")[0] if self.path else None

    @property
    def slug(self) -> str:
        return self.path.rpartition("/")[2] or "home"


def read_csv(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of this package."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_toml(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def read_sketch(path: str) -> Sketch:
    """The sketch of the page at a path, from its file in tree/."""
    source = read_toml(TREE / f"{path or 'home'}.toml")
    model: type[BasePage] = apps.get_model(source.pop("type"))
    parts = {name: source.pop(name, []) for name in ("body", "countries", "children")}
    rows = {name: value for name, value in source.items() if _is_table_array(value)}
    fields = {name: value for name, value in source.items() if name not in rows}
    return Sketch(path, model, fields, rows=rows, **parts)


def _is_table_array(value: Any) -> bool:
    return isinstance(value, list) and isinstance(value[0], dict)


def read_tree(path: str = "") -> Iterator[Sketch]:
    """The pages of tree/, each before those below it, in the order that `children` gives.

    A child without a file is another application's to make.
    """
    sketch = read_sketch(path)
    yield sketch
    for child in sketch.children:
        place = f"{path}/{child}".lstrip("/")
        if (TREE / f"{place}.toml").exists():
            yield from read_tree(place)
