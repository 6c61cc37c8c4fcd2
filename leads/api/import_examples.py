"""One example for each shape of the JSON of imports; each is run by a test."""

from __future__ import annotations

from typing import Any

from leads.api.examples import SITE

NEW_IMPORT: dict[str, Any] = {"file": "the bytes of Bursa.xlsx or of a CSV", "dry_run": False, "scan": True}
IMPORT_ACCEPTED: dict[str, Any] = {
    "detail": "Bursa.xlsx was read as Excel workbook, sheet “Firms”; the import begins within a minute.",
    "look_at": f"{SITE}/imports/33/",
}
IMPORT: dict[str, Any] = {
    "id": "33",
    "file": "Bursa.xlsx",
    "size": 48_211,
    "state": "done_with_refused",
    "dry_run": False,
    "scan": True,
    "read_as": "Excel workbook, sheet “Firms”",
    "columns": {"company": 0, "website": 1},
    "progress": 1.0,
    "rate": 1840.0,
    "seconds_left": None,
    "rows": 61,
    "created": 42,
    "updated": 3,
    "unchanged": 0,
    "merged": 1,
    "rejected": 15,
    "asked_by": "anna",
    "created_at": "2026-05-05T08:50:00Z",
    "started_at": "2026-05-05T08:50:30Z",
    "finished_at": "2026-05-05T08:50:32Z",
    "error": None,
}
REJECT: dict[str, Any] = {
    "row": 17,
    "reason": "ali@gmail.com (email): a mail domain of private persons: it identifies no company.",
    "cells": ["Beta", "", "ali@gmail.com"],
}
