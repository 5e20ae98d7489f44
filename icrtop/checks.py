"""The project's conventions as system checks, so that what is forgotten is an error at once.

Page types and the blocks they are written with are told from Wagtail's and others' by where their
app lies: below BASE_DIR, and outside the environment, which may lie there too.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from wagtail.blocks import Block, ListBlock, StreamBlock, StructBlock
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Page

CONVENTIONS = "conventions"
NO_ICON = "placeholder"


@register(CONVENTIONS)
def check_page_types(
    app_configs: Iterable[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every page type of the project says what it is, where it may stand and how it is found."""
    return [message for model in page_types(app_configs) for message in check_page_type(model)]


@register(CONVENTIONS)
def check_blocks(
    app_configs: Iterable[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every block that an editor can choose shows what it is before it is chosen.

    Those of a page's body have a preview and a template. Those within another block are shown by
    its template, in its preview.
    """
    bodies = {
        type(field.stream_block): field.stream_block
        for model in page_types(app_configs)
        for field in model._meta.get_fields()
        if isinstance(field, StreamField)
    }
    return [
        message
        for body in bodies.values()
        for name, block in body.child_blocks.items()
        for message in (
            *check_description(name, block),
            *check_presentation(name, block),
            *(one for inner in choices_of(block) for one in check_description(*inner)),
        )
    ]


def page_types(app_configs: Iterable[AppConfig] | None = None) -> list[type[Page]]:
    """The project's own page types, of all apps or of some."""
    return [
        model
        for config in app_configs or apps.get_app_configs()
        if is_ours(Path(config.path))
        for model in config.get_models()
        if issubclass(model, Page)
    ]


def is_ours(path: Path) -> bool:
    return path.is_relative_to(settings.BASE_DIR) and not path.is_relative_to(sys.prefix)


def choices_of(block: Block) -> Iterator[tuple[str, Block]]:
    """The blocks that an editor chooses from, by name, at whatever depth."""
    if isinstance(block, StreamBlock):
        yield from block.child_blocks.items()
    if isinstance(block, StreamBlock | StructBlock):
        for child in block.child_blocks.values():
            yield from choices_of(child)
    elif isinstance(block, ListBlock):
        yield from choices_of(block.child_block)


def check_page_type(model: type[Page]) -> Iterator[CheckMessage]:
    own = {name for one in model.__mro__ if not issubclass(Page, one) for name in vars(one)}
    if not vars(model).get("page_description"):
        yield Error(
            f"{model.__name__} does not say what it is for.",
            hint="Set page_description: editors read it where they choose a type of page.",
            obj=model,
            id="icrtop.E001",
        )
    for number, name, question in (
        (2, "parent_page_types", "below which pages it may stand"),
        (3, "subpage_types", "which pages may stand below it"),
    ):
        if name not in own:
            yield Error(
                f"{model.__name__} does not say {question}.",
                hint=f"Set {name}: a list, or None where the other side of the relation decides.",
                obj=model,
                id=f"icrtop.E00{number}",
            )
    if "verbose_name" not in model._meta.original_attrs:
        yield Error(
            f"{model.__name__} has no name that can be translated.",
            hint="Set verbose_name in its Meta.",
            obj=model,
            id="icrtop.E004",
        )
    yield from check_search_fields(model)
    yield from check_template(model.template, model, "icrtop.E006")


def check_search_fields(model: type[Page]) -> Iterator[CheckMessage]:
    names = {field.field_name for field in model.search_fields}
    wanted = {
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, StreamField | RichTextField)
    }
    if not names - {field.field_name for field in Page.search_fields} or wanted - names:
        missing = ", ".join(sorted(wanted - names)) or "anything but its title"
        yield Error(
            f"The search does not look into {missing} of {model.__name__}.",
            hint="Extend search_fields of the base: "
            "search_fields = [*BasePage.search_fields, index.SearchField(…)].",
            obj=model,
            id="icrtop.E005",
        )


def describe(name: str, block: Block) -> str:
    return f"The block {name} ({type(block).__name__})"


def check_description(name: str, block: Block) -> Iterator[CheckMessage]:
    who = describe(name, block)
    if block.meta.icon == NO_ICON:
        yield Error(
            f"{who} has no icon.",
            hint="Set icon in its Meta; the style guide in the admin shows them all.",
            obj=type(block),
            id="icrtop.E011",
        )
    if not block.get_description():
        yield Error(
            f"{who} does not say what it is for.",
            hint="Set description in its Meta: editors read it beside the preview.",
            obj=type(block),
            id="icrtop.E012",
        )


def check_presentation(name: str, block: Block) -> Iterator[CheckMessage]:
    who = describe(name, block)
    if not block.is_previewable:
        yield Error(
            f"{who} has no preview.",
            hint="Set preview_value in its Meta, such as the site itself could show.",
            obj=type(block),
            id="icrtop.E013",
        )
    template = getattr(block.meta, "template", None)
    if not template or Path(template).stem != name:
        yield Error(
            f"{who} is not shown by a template of its name, but by {template or 'none'}.",
            hint=f"Set template in its Meta, to <app>/blocks/{name}.html.",
            obj=type(block),
            id="icrtop.E014",
        )
    else:
        yield from check_template(template, type(block), "icrtop.E015")


def check_template(template: str, obj: object, number: str) -> Iterator[CheckMessage]:
    try:
        get_template(template)
    except (TemplateDoesNotExist, TemplateSyntaxError) as error:
        yield Error(
            f"The template {template} cannot be used: {error.__class__.__name__}: {error}",
            hint=f"Write templates/{template}; one component, one file.",
            obj=obj,
            id=number,
        )
