from django.urls import path

from campaigns import views

app_name = "campaigns"
urlpatterns = [
    path("frozen-key.pem", views.key, name="key"),
    path("<slug:slug>/", views.campaign, name="campaign"),
    path("<slug:slug>/figures/", views.figures, name="figures"),
    path("<slug:slug>/chart.json", views.chart, name="chart"),
    path("<slug:slug>/frozen/", views.frozen, name="frozen"),
    path("<slug:slug>/frozen/document.json", views.document, name="document"),
    path("<slug:slug>/frozen/proof.json", views.proof, name="proof"),
]
