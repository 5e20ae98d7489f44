"""Who may do what in the admin: one table, and how it is put into the database.

The table is the truth for these groups: `ensure_groups` gives back what was taken from a group and
takes what was added. Who needs another mixture makes a further group under Settings → Groups.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from wagtail.models import (
    Collection,
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Workflow,
    WorkflowPage,
    WorkflowTask,
)

SECRETARIAT = "Secretariat"
EDITORS = "Editors"
MEMBERSHIP = "Membership"
LISTSERV = "Listserv"

APPROVAL = "Approval by the Secretariat"
# Groups that have no rights of their own here: Wagtail's, and the committee, which votes on pages
# of its own. They go unless somebody is in them.
UNUSED_GROUPS = ("Moderators", "Steering Committee")
# A workflow of Wagtail's own migrations, which becomes ours.
WAGTAIL_APPROVAL = "Moderators approval"


@dataclass(frozen=True)
class Role:
    """What a group may do: on pages and in collections everywhere, and with other models.

    Permissions are written `app.codename`; `app.model` alone stands for all that the model has.
    `sections` gives rights on pages below the first page of a type alone.
    """

    pages: tuple[str, ...] = ()
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    collections: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


FILES = (
    *(f"wagtailimages.{verb}_image" for verb in ("add", "change", "choose")),
    *(f"wagtaildocs.{verb}_document" for verb in ("add", "change", "choose")),
)

ROLES: dict[str, Role] = {
    SECRETARIAT: Role(
        pages=("add", "change", "publish", "bulk_delete", "lock", "unlock"),
        collections=(
            *FILES,
            "wagtailcore.add_collection",
            "wagtailcore.change_collection",
            "wagtailcore.delete_collection",
        ),
        models=(
            "wagtailadmin.access_admin",
            "accounts.user",
            "auth.group",
            "events.change_eventsettings",
            "events.eventproposal",  # With it the right to see who proposed an event.
            "mail.delivery",
            "mail.message",  # With it the right to pause, resume, cancel and send again.
            "mail.suppression",
            "members.application",  # With it the right to record a decision.
            "members.ballot",
            "members.change_membershipsettings",
            "members.membership",
            "members.organisation",
            "members.profilechange",
            "members.sector",
            "newsletter.alert",  # With it the right to call one off.
            "newsletter.bounce",
            "newsletter.consent",
            "newsletter.historyentry",
            "newsletter.mailing",  # With it the right to send.
            "newsletter.mailinglist",
            "newsletter.subscriber",
            "newsletter.subscription",
            "pages.change_sitesettings",
            "places.view_country",
            "places.change_country",
            "places.view_region",
            "places.change_region",
            "wagtailcore.locale",
            "wagtailcore.site",
            "wagtailcore.task",
            "wagtailcore.workflow",
            "wagtailredirects.redirect",
        ),
    ),
    # Editors write and submit; what they submit, the Secretariat publishes.
    EDITORS: Role(
        pages=("add", "change"),
        collections=FILES,
        models=("wagtailadmin.access_admin",),
    ),
    # Keeps the directory, and takes applications through to the committee's decision.
    MEMBERSHIP: Role(
        models=(
            "wagtailadmin.access_admin",
            "members.view_application",
            "members.change_application",
            "members.decide_application",
            "members.ballot",
            "members.membership",
            "members.organisation",
            "members.profilechange",
            "members.sector",
        ),
    ),
    # Writes bulletins, and sends them.
    LISTSERV: Role(
        sections={"newsletter.BulletinIndexPage": ("add", "change", "publish")},
        collections=FILES,
        models=(
            "wagtailadmin.access_admin",
            "mail.delivery",
            "mail.message",
            "mail.suppression",
            "newsletter.alert",  # With it the right to call one off.
            "newsletter.bounce",
            "newsletter.consent",
            "newsletter.historyentry",
            "newsletter.mailing",  # With it the right to send.
            "newsletter.mailinglist",
            "newsletter.subscriber",
            "newsletter.subscription",
        ),
    ),
}


@transaction.atomic
def ensure_groups() -> None:
    """Give the groups of the table its permissions, and drop those that have none.

    Raises ImproperlyConfigured where the table names a permission that does not exist.
    """
    root = Page.get_first_root_node()
    collection = Collection.get_first_root_node()
    for name, role in ROLES.items():
        group, _created = Group.objects.get_or_create(name=name)
        group.permissions.set(find_permissions(role.models))
        _set_permissions(GroupPagePermission, group, _on_pages(role.pages), page=root)
        for label, verbs in role.sections.items():
            if section := apps.get_model(label).objects.order_by("path").first():
                _set_permissions(GroupPagePermission, group, _on_pages(verbs), page=section)
        in_collections = find_permissions(role.collections)
        _set_permissions(GroupCollectionPermission, group, in_collections, collection=collection)
    Group.objects.filter(name__in=UNUSED_GROUPS, user=None).delete()


def find_permissions(names: Iterable[str]) -> list[Permission]:
    """The permissions that the table's names stand for.

    Raises ImproperlyConfigured for a name that stands for none.
    """
    found: list[Permission] = []
    for name in names:
        app, _dot, codename = name.partition(".")
        permissions = Permission.objects.filter(content_type__app_label=app)
        if "_" in codename:
            matches = list(permissions.filter(codename=codename))
        else:
            matches = list(permissions.filter(content_type__model=codename))
        if not matches:
            raise ImproperlyConfigured(f"There is no permission {name}; see accounts/groups.py.")
        found += matches
    return found


def _on_pages(verbs: Iterable[str]) -> list[Permission]:
    return find_permissions(f"wagtailcore.{verb}_page" for verb in verbs)


def _set_permissions(
    model: type[GroupPagePermission] | type[GroupCollectionPermission],
    group: Group,
    permissions: list[Permission],
    **place: Page | Collection,
) -> None:
    """Make a group's permissions at one place exactly these."""
    rows = model.objects.filter(group=group, **place)
    rows.exclude(permission__in=permissions).delete()
    there = set(rows.values_list("permission_id", flat=True))
    for permission in permissions:
        if permission.pk not in there:
            model.objects.create(group=group, permission=permission, **place)


@transaction.atomic
def ensure_workflow(home: Page) -> None:
    """Have what is submitted below the home page approved by the Secretariat.

    Wagtail's own workflow becomes this one. A workflow that staff gave the home page stays.
    """
    if WorkflowPage.objects.filter(page=home).exists():
        return
    task = GroupApprovalTask.objects.filter(name__in=(APPROVAL, WAGTAIL_APPROVAL)).first()
    task = task or GroupApprovalTask()
    task.name = APPROVAL
    task.save()
    task.groups.set([Group.objects.get(name=SECRETARIAT)])
    workflow = Workflow.objects.filter(name__in=(APPROVAL, WAGTAIL_APPROVAL)).first() or Workflow()
    workflow.name = APPROVAL
    workflow.save()
    WorkflowTask.objects.get_or_create(workflow=workflow, task=task, defaults={"sort_order": 0})
    WorkflowPage.objects.filter(workflow=workflow).delete()
    WorkflowPage.objects.create(workflow=workflow, page=home)
