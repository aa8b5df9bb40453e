from django.urls import path

from projects import views

app_name = "projects"
urlpatterns = [
    path("<slug:slug>/", views.project, name="project"),
    path("<slug:slug>/programmes/", views.programmes, name="programmes"),
]
