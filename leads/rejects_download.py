"""The refused rows of an import as a download, for the admin and for the API: streamed (R7.3)."""

from __future__ import annotations

from django.http import StreamingHttpResponse

from leads.importing.rejects import rejects_csv
from leads.models import CompanyImport
from leads.services.import_reports import rejected_rows


def rejects_response(run: CompanyImport) -> StreamingHttpResponse:
    """The refused rows as a file."""
    lines = rejects_csv(rejected_rows(run), run.reading_plan.layout)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{run.pk}-rejected-rows.csv"'
    return response
