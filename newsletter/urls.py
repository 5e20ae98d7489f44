from django.urls import path

from newsletter.feeds import Bulletins
from newsletter.views import data, leaving, members_list, preferences, subscribing
from pages.urls import serve

app_name = "newsletter"

urlpatterns = [
    path("feed/", serve(Bulletins), name="feed"),
    path("check-your-mail/", subscribing.check_mail, name="check_mail"),
    path("confirm/<str:token>/", subscribing.confirm, name="confirm"),
    path("confirmed/", subscribing.confirmed, name="confirmed"),
    path("unsubscribe/<str:token>/", leaving.unsubscribe, name="unsubscribe"),
    path("one-click/<str:token>/", leaving.one_click, name="one_click"),
    path("preferences/<str:token>/", preferences.edit, name="preferences"),
    path("preferences/<str:token>/address/", preferences.ask_to_move, name="ask_to_move"),
    path("preferences/<str:token>/export/", preferences.ask_for_export, name="ask_for_export"),
    path("preferences/<str:token>/erase/", data.erase, name="erase"),
    path("erased/", data.erased, name="erased"),
    path("address/<str:token>/", data.move, name="address"),
    path("export/<str:token>/", data.export, name="export"),
    path("members-list/", members_list.answer, name="members_list"),
    path("manage/", preferences.manage, name="manage"),
    path("manage/sent/", preferences.link_sent, name="link_sent"),
    path("renew/<str:token>/", preferences.renew, name="renew"),
]
