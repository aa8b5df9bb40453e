from django.urls import path

from projects import views

app_name = "projects"
urlpatterns = [
    path("<slug:slug>/", views.project, name="project"),
    path("<slug:slug>/programmes/", views.programmes, name="programmes"),
    path("<slug:slug>/what-if/", views.what_if, name="what_if"),
    path(
        "<slug:slug>/what-if/answer/",
        views.what_if,
        {"template": "projects/what_if.html#answer"},
        name="what_if_answer",
    ),
]
