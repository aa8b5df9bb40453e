from django.urls import path

from projects import public, views

app_name = "projects"
urlpatterns = [
    path("<slug:slug>/", views.project, name="project"),
    path("<slug:slug>/programmes/", views.programmes, name="programmes"),
    # For those who may pay.
    path("<slug:slug>/brief/", public.brief_page, name="brief"),
    path("<slug:slug>/brief.pdf", public.brief_pdf, name="brief_pdf"),
]
