"""What an answer says, a paper too."""

import io

from django.http import HttpResponse
from pypdf import PdfReader


def said(answer: HttpResponse) -> str:
    """Status, headers, cookies and text."""
    body = answer.getvalue()
    if answer.get("Content-Type") == "application/pdf":
        body = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages).encode()
    return f"{answer.status_code} {answer.items()} {answer.cookies} {body.decode()}"
