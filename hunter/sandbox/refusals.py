"""An error answer in each service's own form, for the faults that ask for a status."""

from __future__ import annotations

import http.client
import json
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from werkzeug import Response

from hunter.sandbox.entra.refusals import entra_refusal
from hunter.sandbox.hubspot.refusals import hubspot_refusal

GRAPH_CODES = {
    400: "invalidRequest",
    401: "unauthenticated",
    403: "accessDenied",
    404: "itemNotFound",
    409: "resourceModified",
    412: "preconditionFailed",
    503: "serviceNotAvailable",
}
DATAVERSE_CODES = {
    400: "0x80048D19",
    403: "0x80040220",
    404: "0x80040217",
    412: "0x80060882",
    429: "0x80072322",
    500: "0x80040216",
    503: "0x8006092A",
}
STATUS_UNLESS_SAID = 500
PLAIN_HTML = "<!DOCTYPE html>\n<html><head><title>{phrase}</title></head><body><h1>{phrase}</h1></body></html>\n"


def json_answer(body: Any, *, status: int = 200, mimetype: str = "application/json") -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status=status, content_type=f"{mimetype}; charset=utf-8")


def html_answer(*, status: int) -> Response:
    """What a gateway in front of a service says when it is at its end."""
    return Response(PLAIN_HTML.format(phrase=phrase(status)), status=status, content_type="text/html; charset=utf-8")


def phrase(status: int) -> str:
    return http.client.responses.get(status, "Unknown")


def refusal(service: str, *, status: int | None, code: str = "") -> Response:
    """The answer of `service` for this status (500 unless said), with its own code for it unless another is given."""
    match service:
        case "entra":
            return entra_refusal(code, status=status)
        case "partner-center":
            return _partner_center(status or STATUS_UNLESS_SAID, code)
        case "dataverse":
            return _dataverse(status or STATUS_UNLESS_SAID, code)
        case "hubspot":
            return hubspot_refusal(status or STATUS_UNLESS_SAID, category=code)
        case "outgoing":
            return Response(code or phrase(status or STATUS_UNLESS_SAID), status=status or STATUS_UNLESS_SAID)
        case _:
            return rdap_error(status or STATUS_UNLESS_SAID)


def _partner_center(status: int, code: str) -> Response:
    if status == HTTPStatus.TOO_MANY_REQUESTS and not code:
        body: dict[str, Any] = {"statusCode": status, "message": "Rate limit is exceeded. Try again later."}
    else:
        known = code or GRAPH_CODES.get(status, "generalException")
        body = {"error": {"code": known, "message": phrase(status), "target": "referral"}}
    answer = json_answer(body, status=status)
    answer.headers["Request-ID"] = str(uuid4())
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token", error_description="The token is refused"'
    return answer


def _dataverse(status: int, code: str) -> Response:
    known = code or DATAVERSE_CODES.get(status, "0x80040216")
    answer = json_answer({"error": {"code": known, "message": phrase(status)}}, status=status)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.set_data(b"")
        answer.headers["WWW-Authenticate"] = (
            "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize"
        )
    answer.headers["OData-Version"] = "4.0"
    answer.headers["x-ms-service-request-id"] = answer.headers["REQ_ID"] = str(uuid4())
    return answer


def rdap_error(status: int) -> Response:
    body = {
        "rdapConformance": ["rdap_level_0"],
        "errorCode": status,
        "title": phrase(status),
        "description": [f"{phrase(status)}."],
    }
    return json_answer(body, status=status, mimetype="application/rdap+json")
