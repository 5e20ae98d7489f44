"""Load the site's first content."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from events import content as events_content
from icrtop.accounts.groups import ensure_groups, ensure_workflow
from members import content as members_content
from newsletter.services.lists import ensure_lists
from pages.content.redirects import load_redirects
from pages.content.site import load_settings
from pages.content.tree import TreeBuilder
from pages.models import HomePage


class Command(BaseCommand):
    """Builds the site from the facts; run again, it creates what is missing and changes nothing."""

    help = (
        "Build the site's pages, settings, redirects, groups and moderation from its content files."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help="do nothing where there is a home page already",
        )

        parser.add_argument(
            "--groups",
            action="store_true",
            help="only give the groups of staff what their table says",
        )

    def handle(self, *args: Any, if_empty: bool, groups: bool, **options: Any) -> None:
        if groups:
            ensure_groups()
            self.stdout.write("The groups of staff have what their table says.")
            return
        if if_empty and HomePage.objects.exists():
            self.stdout.write("The site has its content already.")
            return
        # Wagtail and its background tasks log a line for every step; the bar says enough.
        logging.disable(logging.INFO)
        try:
            with transaction.atomic():
                self.load()
        finally:
            logging.disable(logging.NOTSET)

    def load(self) -> None:
        tree = TreeBuilder()
        tree.create()
        bar = Bar(self.stdout, len(tree.created))
        coalition = tree.pages["coalition"]
        members_content.load(coalition, tree.home)
        events_content.load(tree.home)
        ensure_lists()
        tree.publish(bar.step)
        tree.arrange()
        bar.close()
        load_settings(tree.find_page)
        redirects = load_redirects(tree.find_page)
        ensure_groups()
        ensure_workflow(tree.home)
        self.stdout.write(f"Created {len(tree.created)} pages and {redirects} redirects.")


class Bar:
    """Progress on one line of a terminal, or a line for each tenth elsewhere."""

    width = 30

    def __init__(self, out: Any, total: int) -> None:
        self.out = out
        self.total = total
        self.done = 0

    def step(self, label: str) -> None:
        self.done += 1
        if self.out.isatty():
            filled = "█" * (self.width * self.done // self.total)
            line = f"{filled:░<{self.width}} {self.done}/{self.total} {label[:40]:<40}"
            self.out.write(f"\r{line}", ending="")
        elif self.done * 10 // self.total > (self.done - 1) * 10 // self.total:
            self.out.write(f"Published {self.done} of {self.total} pages.")

    def close(self) -> None:
        if self.total and self.out.isatty():
            self.out.write("")
