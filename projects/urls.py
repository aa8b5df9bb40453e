from django.urls import path, re_path

from projects import public, report, side_by_side, views

app_name = "projects"
urlpatterns = [
    path("", side_by_side.all_projects, name="projects"),
    path("compare/", side_by_side.compare, name="compare"),
    path("<slug:slug>/", views.project, name="project"),
    path("<slug:slug>/programmes/", views.programmes, name="programmes"),
    path("<slug:slug>/reliance/", report.reliance, name="reliance"),
    re_path(r"^(?P<slug>[-\w]+)/reliance\.(?P<kind>csv|json)$", report.data, name="reliance_data"),
    path("<slug:slug>/reliance/report/", report.report, name="reliance_report"),
    path("<slug:slug>/reliance/report/<slug:reference>/", report.report, name="reliance_correct"),
    path("<slug:slug>/reliance/thanks/<slug:reference>/", report.thanks, name="reliance_thanks"),
    # For those who may pay.
    path("<slug:slug>/brief/", public.brief_page, name="brief"),
    path("<slug:slug>/brief.pdf", public.brief_pdf, name="brief_pdf"),
    path("<slug:slug>/what-if/", views.what_if, name="what_if"),
    path(
        "<slug:slug>/what-if/answer/",
        views.what_if,
        {"template": "projects/what_if.html#answer"},
        name="what_if_answer",
    ),
]
