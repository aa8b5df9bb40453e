from django.urls import path

from funders import views

app_name = "funders"
urlpatterns = [
    path("", views.directory, name="funders"),
    path("pages/<int:page>/", views.directory, name="funders_page"),
    path("kinds/<slug:group>/", views.directory, name="funders_of_kind"),
    path("kinds/<slug:group>/<int:page>/", views.directory, name="funders_of_kind"),
    path("projects/<slug:project>/", views.directory, name="funders_of_project"),
    path("projects/<slug:project>/<int:page>/", views.directory, name="funders_of_project"),
    path("<slug:slug>/", views.funder, name="funder"),
]
