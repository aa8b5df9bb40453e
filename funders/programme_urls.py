from django.urls import path

from funders import views

app_name = "programmes"
urlpatterns = [
    path("", views.programmes, name="programmes"),
    path("deadlines.ics", views.deadlines, name="deadlines"),
    path("<slug:slug>/", views.programme, name="programme"),
]
