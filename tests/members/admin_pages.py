"""What the tests of membership's admin share: addresses, and the fields of a page of a move."""

from django.urls import reverse

INDEX = reverse("applications:index")
ALL = ("view_application", "change_application", "decide_application")


def html(response) -> str:
    return " ".join(response.content.decode().split())


def file_of(application) -> str:
    return reverse("applications:inspect", args=[application.pk])


def move_of(application, name: str) -> str:
    return reverse("applications:move", args=[application.pk, name])


def fields_of(response) -> dict[str, str]:
    """What a browser would post from the page of a move as it was shown."""
    forms = [response.context["form"], *response.context["letters"]]
    data = {
        field.html_name: field.value()
        for form in forms
        if not hasattr(form, "draft") or form.draft.recipients
        for field in form
        if field.value() is not None
    }
    return data | {"step": "make"}


def make(client, application, name: str, **fields):
    """Go through the page, or both pages, of a move, as it is proposed but for `fields`."""
    page = client.get(move_of(application, name))
    data = fields_of(page) | fields
    if page.context["is_first_of_two"]:
        page = client.post(move_of(application, name), data | {"step": "letter"})
        data = fields_of(page) | fields
    return client.post(move_of(application, name), data)
