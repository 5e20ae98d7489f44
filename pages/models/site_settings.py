"""What staff set once for the whole site: menus, footer, contact data, donors."""

from email.utils import parseaddr

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import PreviewableMixin


class MenuBlock(blocks.StreamBlock):
    """Links of a menu, in order."""

    page = blocks.StructBlock(
        [
            ("page", blocks.PageChooserBlock()),
            ("label", blocks.CharBlock(required=False, max_length=40)),
        ],
        label=_("Page"),
        icon="doc-empty-inverse",
    )


class LinkBlock(blocks.StructBlock):
    """A named link to another site."""

    name = blocks.CharBlock(max_length=80)
    url = blocks.URLBlock(label=_("Address"))


@register_setting(icon="site", order=100)
class SiteSettings(PreviewableMixin, BaseSiteSetting):
    """One row for the site."""

    main_menu = StreamField(MenuBlock(), blank=True, verbose_name=_("main menu"))
    footer_menu = StreamField(MenuBlock(), blank=True, verbose_name=_("footer menu"))
    organisation = models.CharField(_("name"), max_length=255, blank=True)
    acronym = models.CharField(_("acronym"), max_length=40, blank=True)
    address = models.TextField(_("postal address"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    fax = models.CharField(_("fax"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    footer_text = models.TextField(_("text in the footer"), blank=True, max_length=600)
    donors = StreamField(
        [("donor", blocks.CharBlock(max_length=120))], blank=True, verbose_name=_("donors")
    )
    social_links = StreamField(
        [("link", LinkBlock())], blank=True, verbose_name=_("on other sites")
    )

    edit_handler = TabbedInterface(
        [
            ObjectList([FieldPanel("main_menu"), FieldPanel("footer_menu")], heading=_("Menus")),
            ObjectList(
                [
                    MultiFieldPanel(
                        [FieldPanel("organisation"), FieldPanel("acronym")],
                        heading=_("Organisation"),
                    ),
                    FieldPanel("address"),
                    FieldPanel("telephone"),
                    FieldPanel("fax"),
                    FieldPanel("email"),
                ],
                heading=_("Contact"),
            ),
            ObjectList(
                [FieldPanel("footer_text"), FieldPanel("donors"), FieldPanel("social_links")],
                heading=_("Footer"),
            ),
        ]
    )

    class Meta:
        verbose_name = _("site settings")

    def __str__(self) -> str:
        return self.organisation or str(self.site)

    @property
    def letters_to(self) -> str:
        """The bare address that letters to the secretariat go to."""
        return self.email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]

    @property
    def menu_page_ids(self) -> set[int]:
        """The keys of the pages in both menus."""
        values = (
            one["value"] for menu in (self.main_menu, self.footer_menu) for one in menu.raw_data
        )
        return {value["page"] for value in values if value.get("page")}

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        return "pages/site_settings_preview.html"
