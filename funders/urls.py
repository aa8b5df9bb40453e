from django.urls import path

from funders import views

app_name = "funders"
urlpatterns = [path("<slug:slug>/", views.funder, name="funder")]
