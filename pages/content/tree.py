"""Builds the tree of pages, once; see the package's rule on what is already there."""

from collections.abc import Callable, Iterator

from treebeard.mp_tree import MP_Node
from wagtail.models import Page
from wagtail.signal_handlers import disable_reference_index_auto_update

from icrtop.places.models import Country
from pages.content.body import stream
from pages.content.facts import read_developments, read_publications, with_facts
from pages.content.indexing import index_left_alone, index_pages
from pages.content.site import adopt, make_room
from pages.content.sketch import Sketch, read_tree
from pages.models import (
    BasePage,
    DevelopmentIndexPage,
    DocumentSymbol,
    HomePage,
    PublicationIndexPage,
    SituationPage,
)

# Told the title of each page as it is published.
Progress = Callable[[str], None]


def all_sketches() -> Iterator[Sketch]:
    """Every page of the first content, each before those below it."""
    for sketch in read_tree():
        yield with_facts(sketch) if sketch.model is SituationPage else sketch
        if sketch.model is PublicationIndexPage and sketch.fields.get("shows", "all") == "all":
            yield from read_publications(sketch.path)
        if sketch.model is DevelopmentIndexPage:
            yield from read_developments(sketch.path)


class TreeBuilder:
    """Creates what is missing as drafts, so that pages can link to each other; then publishes."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.created: list[tuple[BasePage, Sketch]] = []

    @property
    def home(self) -> Page:
        return self.pages[""]

    def create(self) -> None:
        """Put a draft at each place where there is no page."""
        sketches = list(all_sketches())
        models = {sketch.model for sketch in sketches}
        # Publishing will see to the indexes.
        with disable_reference_index_auto_update(), index_left_alone(models):
            for sketch in sketches:
                page = self._existing(sketch)
                if page is None:
                    page = self._draft(sketch)
                    self.created.append((page, sketch))
                self.pages[sketch.path] = page

    def publish(self, progress: Progress) -> None:
        """Write and publish the pages that `create` made, each with its first revision."""
        with index_left_alone(type(page) for page, _sketch in self.created):
            for page, sketch in self.created:
                if sketch.body:
                    block = type(page)._meta.get_field("body").stream_block
                    page.body = block.to_python(stream(block, sketch.body, self.find_page))
                # Pages have been added below it since: what is saved must not count fewer.
                page.refresh_from_db(fields=["path", "depth", "numchild"])
                page.save_revision().publish()
                progress(page.title)
        index_pages(page for page, _sketch in self.created)

    def arrange(self) -> None:
        """Put what is below each page that `create` made in order; comes last.

        Pages of other applications have been added to the end. Staff's own order is older than any
        page that this run made, and so is never touched.
        """
        for section, sketch in self.created:
            parent = Page.objects.get(pk=section.pk)
            slugs = list(parent.get_children().values_list("slug", flat=True))
            wanted = [slug for slug in sketch.children if slug in slugs]
            if slugs[: len(wanted)] == wanted:
                continue
            for slug in wanted:
                page = Page.objects.get(pk=parent.get_children().get(slug=slug).pk)
                # Treebeard's own move: no history of moves for pages that are just being made.
                MP_Node.move(page, Page.objects.get(pk=section.pk), pos="last-child")

    def find_page(self, path: str) -> int | None:
        """The id of the page at a path such as /rtop/history/, if there is one."""
        place = path.strip("/")
        if place not in self.pages:
            url_path = f"{self.home.url_path}{place}/"
            page = Page.objects.filter(url_path=url_path).first()
            if page is None:
                return None
            self.pages[place] = page
        return self.pages[place].pk

    def _existing(self, sketch: Sketch) -> Page | None:
        """What is at the page's place, or stands for it elsewhere."""
        if sketch.model.max_count == 1:
            return sketch.model.objects.first()
        symbols = [row["symbol"] for row in sketch.rows.get("symbols", [])]
        if symbols:
            known = DocumentSymbol.objects.filter(symbol__in=symbols).first()
            if known:
                return known.publication
        return self._parent(sketch).get_children().filter(slug=sketch.slug).first()

    def _parent(self, sketch: Sketch) -> Page:
        if sketch.parent_path is None:
            return Page.get_first_root_node()
        return self.pages[sketch.parent_path]

    def _draft(self, sketch: Sketch) -> BasePage:
        page = sketch.model(slug=sketch.slug, live=False, **sketch.fields)
        for relation, rows in sketch.rows.items():
            model = getattr(sketch.model, relation).rel.related_model
            setattr(page, relation, [model(**row) for row in rows])
        parent = self._parent(sketch)
        parent.refresh_from_db()  # Treebeard trusts the number of children on the object.
        if isinstance(page, HomePage):
            make_room(parent)
        parent.add_child(instance=page)
        if sketch.countries:
            page.countries = Country.objects.filter(code__in=sketch.countries)
        if isinstance(page, HomePage):
            adopt(page)
        return page
