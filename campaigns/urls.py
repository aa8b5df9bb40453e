from django.urls import path

from campaigns import views

app_name = "campaigns"
urlpatterns = [
    path("<slug:slug>/", views.campaign, name="campaign"),
    path("<slug:slug>/figures/", views.figures, name="figures"),
    path("<slug:slug>/chart.json", views.chart, name="chart"),
]
