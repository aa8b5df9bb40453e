"""The public API, composed of each app's router. No documentation page: those load scripts from elsewhere."""

from ninja import NinjaAPI

from campaigns.api import router as campaigns

api = NinjaAPI(
    title="fundtracker",
    version="1",
    description="What is raised for open source, as the public pages show it. Amounts are decimal strings.",
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)
api.add_router("/campaigns", campaigns)
