"""Who may do what in the admin, and how what is submitted gets published."""

from collections.abc import Callable

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from wagtail.models import (
    GroupApprovalTask,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Task,
    Workflow,
    WorkflowState,
)

from icrtop.accounts import groups
from newsletter.models import BulletinIndexPage
from pages.models import HomePage

# Screens of the admin, and the groups that can open them besides superusers.
EVERYBODY = set(groups.ROLES)
SCREENS = {
    "/admin/": EVERYBODY,
    "/admin/images/": {"Secretariat", "Editors", "Listserv"},
    "/admin/documents/": {"Secretariat", "Editors", "Listserv"},
    "/admin/redirects/": {"Secretariat"},
    "/admin/users/": {"Secretariat"},
    "/admin/groups/": {"Secretariat"},
    "/admin/workflows/list/": {"Secretariat"},
    "/admin/settings/pages/sitesettings/": {"Secretariat"},
    "/admin/outbox/": {"Secretariat", "Listserv"},
    "/admin/messages/": {"Secretariat", "Listserv"},
    "/admin/subscribers/": {"Secretariat", "Listserv"},
    "/admin/organisations/": {"Secretariat", "Membership"},
    "/admin/mailing-lists/": {"Secretariat", "Listserv"},
    "/admin/bulletins/": {"Secretariat", "Editors", "Listserv"},
    "/admin/alerts/": {"Secretariat", "Listserv"},
    "/admin/bounces/": {"Secretariat", "Listserv"},
    "/admin/imports/": {"Secretariat", "Listserv"},
    "/admin/suppressions/": {"Secretariat", "Listserv"},
    "/admin/countries/": {"Secretariat"},
    "/admin/regions/": {"Secretariat"},
    "/admin/situations/": {"Secretariat", "Editors", "Listserv"},
    "/admin/events/": {"Secretariat", "Editors", "Listserv"},
    "/admin/applications/": {"Secretariat", "Membership"},
    "/admin/ballots/": {"Secretariat", "Membership"},
    "/admin/profile-changes/": {"Secretariat", "Membership"},
    "/admin/reconfirmations/": {"Secretariat", "Membership"},
    "/admin/sectors/": {"Secretariat", "Membership"},
    "/admin/membership/retention/": {"Secretariat", "Membership"},
    "/admin/settings/events/eventsettings/": {"Secretariat"},
    "/admin/settings/members/membershipsettings/": {"Secretariat"},
}


def user_of(group: str):
    user = get_user_model().objects.create_user(f"{group}@example.org".replace(" ", ""), "x")
    user.groups.add(Group.objects.get(name=group))
    return user


class TestTable:
    def test_there_are_these_groups_and_no_others(self, content: None) -> None:
        assert set(Group.objects.values_list("name", flat=True)) == EVERYBODY

    def test_again_changes_nothing(self, content: None) -> None:
        def rows() -> list[set]:
            return [
                set(Group.permissions.through.objects.values_list("pk", flat=True)),
                set(GroupPagePermission.objects.values_list("pk", flat=True)),
                set(GroupCollectionPermission.objects.values_list("pk", flat=True)),
            ]

        before = rows()
        groups.ensure_groups()
        assert rows() == before

    def test_the_table_is_the_truth(self, content: None) -> None:
        group = Group.objects.get(name="Listserv")
        group.permissions.set(Permission.objects.filter(codename="delete_user"))
        GroupPagePermission.objects.create(
            group=group, page=Page.get_first_root_node(), permission_type="publish"
        )
        groups.ensure_groups()
        user = user_of("Listserv")
        assert user.has_perm("wagtailadmin.access_admin")
        assert not user.has_perm("accounts.delete_user")
        pages = {right.page.specific_class for right in group.page_permissions.all()}
        assert pages == {BulletinIndexPage}

    def test_a_group_of_staff_is_left_alone(self, content: None) -> None:
        own = Group.objects.create(name="Translators")
        own.permissions.add(Permission.objects.get(codename="access_admin"))
        groups.ensure_groups()
        assert own.permissions.count() == 1

    @pytest.mark.parametrize("name", groups.UNUSED_GROUPS)
    def test_a_group_that_has_no_rights_here_goes_unless_people_are_in_it(
        self, content: None, name: str
    ) -> None:
        Group.objects.create(name=name)
        groups.ensure_groups()
        assert not Group.objects.filter(name=name).exists()
        group = Group.objects.create(name=name)
        get_user_model().objects.create_user("m@example.org").groups.add(group)
        groups.ensure_groups()
        assert Group.objects.filter(name=name).exists()

    @pytest.mark.parametrize("name", ["pages.change_nothing", "pages.nothing", "nothing.page"])
    def test_a_permission_that_does_not_exist_is_refused(self, db: None, name: str) -> None:
        with pytest.raises(ImproperlyConfigured, match=name):
            groups.find_permissions([name])


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("group", sorted(EVERYBODY))
def test_screens(staff_of: Callable[[str], Client], group: str, screen: str) -> None:
    answer = staff_of(group).get(screen, follow=True)
    turned_away = any(url == "/admin/" for url, _status in answer.redirect_chain)
    opened = answer.status_code == 200 and not turned_away
    assert opened == (group in SCREENS[screen])


class TestPages:
    @pytest.mark.parametrize(
        ("group", "may"),
        [
            ("Secretariat", {"edit", "publish", "delete", "lock", "unlock"}),
            ("Editors", {"edit"}),
            ("Membership", set()),
            ("Listserv", set()),
        ],
    )
    def test_what_groups_may_do_with_a_page(self, content: None, group: str, may: set[str]) -> None:
        tester = Page.objects.get(slug="glossary").permissions_for_user(user_of(group))
        for action in ("edit", "publish", "delete", "lock", "unlock"):
            assert getattr(tester, f"can_{action}")() == (action in may), action

    def test_an_editor_is_not_offered_to_publish(self, content: None, editor: Client) -> None:
        page = Page.objects.get(slug="glossary")
        html = editor.get(f"/admin/pages/{page.pk}/edit/").content.decode()
        assert 'name="action-publish"' not in html
        assert 'name="action-submit"' in html


@pytest.mark.parametrize(
    ("group", "listings"),
    [
        ("Secretariat", {"situations", "developments", "publications", "events", "bulletins"}),
        ("Editors", {"situations", "developments", "publications", "events", "bulletins"}),
        ("Listserv", {"bulletins"}),
        ("Membership", set()),
    ],
)
def test_the_menu_leads_to_what_one_may_write(
    staff_of: Callable[[str], Client], group: str, listings: set[str]
) -> None:
    menu = staff_of(group).get("/admin/").content.decode()
    everything = ("situations", "developments", "publications", "events", "bulletins")
    assert {each for each in everything if f'"/admin/{each}/"' in menu} == listings


class TestModeration:
    def test_the_workflow_is_the_secretariats(self, home: HomePage) -> None:
        workflow = home.get_workflow()
        assert workflow.name == groups.APPROVAL
        (task,) = workflow.tasks
        assert [group.name for group in task.specific.groups.all()] == ["Secretariat"]
        assert not Workflow.objects.exclude(pk=workflow.pk).exists()
        assert Task.objects.count() == 1

    def test_every_page_has_it(self, home: HomePage) -> None:
        assert Page.objects.get(slug="glossary").get_workflow() == home.get_workflow()

    def test_a_workflow_of_staff_stays(self, home: HomePage) -> None:
        ours = home.get_workflow()
        theirs = Workflow.objects.create(name="Two readers")
        home.workflowpage.workflow = theirs
        home.workflowpage.save()
        groups.ensure_workflow(home)
        home.refresh_from_db()
        assert home.get_workflow() == theirs
        assert ours.active

    def test_an_editor_submits_and_the_secretariat_publishes(self, home: HomePage) -> None:
        page = Page.objects.get(slug="glossary").specific
        page.title = "Words"
        page.save_revision()
        editor, secretary = user_of("Editors"), user_of("Secretariat")
        state = home.get_workflow().start(page, editor)
        task = GroupApprovalTask.objects.get()
        assert not task.user_can_access_editor(page, user_of("Listserv"))
        assert [action for action, *_ in task.get_actions(page, editor)] == []
        assert "approve" in [action for action, *_ in task.get_actions(page, secretary)]
        state.current_task_state.approve(user=secretary)
        page.refresh_from_db()
        assert WorkflowState.objects.get().status == WorkflowState.STATUS_APPROVED
        assert page.title == "Words"
        assert page.live
