"""What goes wrong, as RFC 9457 problem details: a stable `type`, the sentence that the admin shows, the field at fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as member
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import server_error
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from hunter.errors import HunterError
from hunter.ops.api.preconditions import VersionRequired, changed_since
from hunter.remote.errors import Deferred, Misconfigured, RemoteError
from hunter.versioning import StaleVersion

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:hunter:problem:"
SIGN_IN = "Sign in first: send `Authorization: Token …`, or use the session of the admin."


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One way for a request to fail. The name is part of the API: programs compare it."""

    name: str
    title: str
    status: int


INVALID = ProblemType("invalid-request", "The request can't be read as it is", 400)
NOT_SIGNED_IN = ProblemType("not-signed-in", "Nobody is signed in", 401)
NOT_VOUCHED_FOR = ProblemType("not-vouched-for", "Nobody vouches for the message", 401)
NOT_ALLOWED = ProblemType("not-allowed", "A permission is missing", 403)
NOT_FOUND = ProblemType("not-found", "There is no such thing", 404)
WRONG_METHOD = ProblemType("method-not-allowed", "This can't be done here", 405)
NOT_ACCEPTABLE = ProblemType("not-acceptable", "No answer in the form asked for", 406)
REFUSED = ProblemType("refused", "It can't be done as things stand", 409)
STALE = ProblemType("stale-version", "Somebody else changed it meanwhile", 412)
TOO_LARGE = ProblemType("too-large", "The message is too long", 413)
WRONG_MEDIA = ProblemType("unsupported-media-type", "The request has an unknown form", 415)
REFUSED_VALUE = ProblemType("refused-value", "A value can't be taken", 422)
VERSION_REQUIRED = ProblemType("version-required", "Which version is meant?", 428)
TOO_MANY = ProblemType("too-many-requests", "Too many requests", 429)
FAULT = ProblemType("fault", "A fault in Hunter", 500)
REMOTE_FAILURE = ProblemType("remote-failure", "The other service did not do it", 502)
TRY_LATER = ProblemType("try-later", "It can't be done at this moment", 503)

# Looked up along the class's ancestors, so the nearest one counts.
_types: dict[type[Exception], ProblemType] = {
    exceptions.ValidationError: INVALID,
    exceptions.ParseError: INVALID,
    exceptions.NotAuthenticated: NOT_SIGNED_IN,
    exceptions.AuthenticationFailed: NOT_SIGNED_IN,
    exceptions.PermissionDenied: NOT_ALLOWED,
    exceptions.NotFound: NOT_FOUND,
    exceptions.MethodNotAllowed: WRONG_METHOD,
    exceptions.NotAcceptable: NOT_ACCEPTABLE,
    exceptions.UnsupportedMediaType: WRONG_MEDIA,
    exceptions.Throttled: TOO_MANY,
    VersionRequired: VERSION_REQUIRED,
    HunterError: REFUSED,
    StaleVersion: STALE,
    RemoteError: REMOTE_FAILURE,
    Misconfigured: REFUSED,
    Deferred: TRY_LATER,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One failed request, told to its caller."""

    type: ProblemType
    detail: str
    field: str = ""
    more: Mapping[str, Any] = member(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "type": f"{TYPE_PREFIX}{self.type.name}",
            "title": self.type.title,
            "status": self.type.status,
            "detail": self.detail,
        }
        return told | ({"field": self.field} if self.field else {}) | dict(self.more)


def register_problem(error: type[HunterError], problem_type: ProblemType) -> None:
    """Say what an app's own error is to a caller of the API, where "refused" is not exact enough."""
    _types[error] = problem_type


def answer_problem(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The exception handler of the API; None for a fault of ours, which Django reports."""
    problem = problem_of(error, request=context["request"])
    if problem is None:
        return None

    set_rollback()
    answer = Response(problem.as_dict(), status=problem.type.status, headers=_headers(error))
    renderer = getattr(context["request"], "accepted_renderer", None)
    if renderer is None or renderer.format == "json":
        answer.content_type = MEDIA_TYPE
    return answer


def problem_of(error: Exception, *, request: HttpRequest) -> Problem | None:
    """What to tell of an error; None when it is not the caller's affair."""
    match error:
        case Http404():
            return Problem(NOT_FOUND, "There is nothing at this address.")
        case DjangoPermissionDenied():
            return Problem(NOT_ALLOWED, str(error) or "You may not do this. Ask an administrator for the permission.")
        case StaleVersion():
            return _stale(error, request=request)
        case HunterError():
            return _refused(error)
        case exceptions.ValidationError():
            return _invalid(error)
        case exceptions.NotAuthenticated():
            return Problem(NOT_SIGNED_IN, SIGN_IN)
        case exceptions.APIException():
            return Problem(_type_of(error), str(error.detail))
        case _:
            return None


def _nearest(error: Exception) -> type[Exception] | None:
    return next((ancestor for ancestor in type(error).__mro__ if ancestor in _types), None)


def _type_of(error: Exception) -> ProblemType:
    nearest = _nearest(error)
    return _types[nearest] if nearest else FAULT


def _refused(error: HunterError) -> Problem:
    is_a_value = bool(error.field) and _nearest(error) is HunterError
    return Problem(REFUSED_VALUE if is_a_value else _type_of(error), error.message, field=error.field)


def _stale(error: StaleVersion, *, request: HttpRequest) -> Problem:
    changed = error.changed
    newest = type(error.instance)._default_manager.filter(pk=error.instance.pk).first()
    if not changed and newest is not None:
        changed = changed_since(request.headers.get("If-Match", ""), newest)
    told = StaleVersion(error.instance, changed=changed)
    return Problem(STALE, told.message, more={"changed": list(changed)})


def _invalid(error: exceptions.ValidationError) -> Problem:
    faults = list(_faults(error.detail))
    place, sentence = faults[0] if faults else ("", "The request can't be read.")
    errors = [{"field": place, "message": sentence} for place, sentence in faults]
    return Problem(INVALID, sentence, field=place, more={"errors": errors})


def _faults(detail: Any, *, place: str = "") -> Iterator[tuple[str, str]]:
    """Each fault with the dotted path of its field."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            part = "" if name == "non_field_errors" else str(name)
            yield from _faults(inner, place=".".join(filter(None, (place, part))))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for inner in detail:
            yield from _faults(inner, place=place)
    else:
        yield place, str(detail)


def _headers(error: Exception) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def answer_fault(request: HttpRequest) -> HttpResponse:
    """The page of a fault: problem details below /api/, Django's own elsewhere."""
    if not request.path.startswith("/api/"):
        return server_error(request)
    problem = Problem(
        FAULT, "Hunter failed over this request; the fault is in its log. Try again, then tell its operators."
    )
    return JsonResponse(problem.as_dict(), status=FAULT.status, content_type=MEDIA_TYPE)
