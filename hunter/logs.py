"""How Hunter logs: an event and its values, as one line for people or as JSON for machines; nothing personal (R5.6)."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any

ORDINARY = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "request"}
MAIL = re.compile(r"[\w.+-]+@([\w-]+\.[\w.-]+)")
DETAIL = re.compile(r"^DETAIL:.*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)  # PostgreSQL tells the values of a row there
BEARER = re.compile(r"(?i)(bearer\s+|refresh_token=|client_secret=|\bcode=)[^\s&\"']+")


def masked(text: str) -> str:
    """The text without tokens and without the names in mail addresses: the second lock, not the first."""
    return BEARER.sub(r"\1***", MAIL.sub(r"***@\1", text))


def told_exception(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """The traceback, without the rows that a database quotes in its errors."""
    return DETAIL.sub("DETAIL: ***", formatter.formatException(record.exc_info)) if record.exc_info else ""


def extras(record: logging.LogRecord) -> dict[str, Any]:
    """The values that came with the event."""
    return {name: value for name, value in record.__dict__.items() if name not in ORDINARY}


class ConsoleFormatter(logging.Formatter):
    """`03:12:45 WARNING lane.paused lane=dynamics365`."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        values = "".join(f" {name}={value}" for name, value in extras(record).items())
        text = f"{moment} {record.levelname} {record.getMessage()}{values}"
        return masked(f"{text}\n{told_exception(self, record)}" if record.exc_info else text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        } | extras(record)
        if record.exc_info:
            told["exception"] = told_exception(self, record)
        return masked(json.dumps(told, default=str, ensure_ascii=False))


def logging_settings(form: str) -> dict[str, Any]:
    """Django's LOGGING for `console` or `json`, on standard error."""
    formatter = JsonFormatter if form == "json" else ConsoleFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"hunter": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "hunter"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            **{name: {"level": "INFO"} for name in ("hunter", "leads", "referrals", "crm")},
            "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "django-q": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        },
    }
