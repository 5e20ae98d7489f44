from django.urls import path

from icrtop.accounts import views

app_name = "account"

urlpatterns = [
    path("", views.index, name="index"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("code/", views.code, name="code"),
    path("code/new/", views.new_code, name="new_code"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("signed-out/", views.signed_out, name="signed_out"),
]
