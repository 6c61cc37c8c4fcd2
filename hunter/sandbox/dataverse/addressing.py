"""Reading the path and the preferences of a request (contract 2.2, 4.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from werkzeug.datastructures import Headers

from hunter.sandbox.dataverse.errors import DataverseError, Refusal, bad_request
from hunter.sandbox.dataverse.guids import read_guid

SEGMENT = re.compile(r"(?P<name>[$\w.]+)(?:\((?P<key>.*)\))?", re.DOTALL)
KEY_PART = re.compile(r"(?P<name>\w+)=(?:'(?P<text>(?:[^']|'')*)'|(?P<bare>[^',()]+))(?:,|$)")
# Values with these never resolve, percent-encoded or not (contract 4.3 rule 5).
FORBIDDEN_IN_KEYS = re.compile(r"[/<>*%&:\\?+]")
PREFERENCE = re.compile(r"\s*(?P<name>[\w.-]+)(?:\s*=\s*(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\s,;\"]+)))?\s*(?:,|$)")
LARGEST_PAGE = 5000


@dataclass(frozen=True, slots=True)
class Segment:
    """One step of the path: `leads(hnt_domain='a.example')` is the name and its key; key None where no brackets stand."""

    name: str
    key: str | None = None


def split_path(path: str) -> list[Segment]:
    """The steps of the path below `/api/data/v9.2`; slashes in quotes or brackets belong to their step."""
    return [_segment(step) for step in _steps(path.strip("/"))]


def _steps(path: str) -> list[str]:
    steps, start, depth, quoted = [], 0, 0, False
    for position, character in enumerate(path):
        if character == "'":
            quoted = not quoted
        elif not quoted:
            depth += (character == "(") - (character == ")")
            if character == "/" and depth <= 0:
                steps.append(path[start:position])
                start = position + 1
    return [*steps, path[start:]]


def _segment(step: str) -> Segment:
    found = SEGMENT.fullmatch(step)
    if found is None:
        raise bad_request(f"Bad Request - Error in query syntax near '{step[:200]}'.")
    return Segment(found["name"], found["key"])


def read_key(key: str) -> str | dict[str, str]:
    """What stands in the brackets: the GUID of the row, or the values of an alternate key by column."""
    guid = read_guid(key)
    if guid is not None:
        return guid
    values: dict[str, str] = {}
    position = 0
    while position < len(key):
        part = KEY_PART.match(key, position)
        if part is None:
            raise bad_request(f"Unrecognized 'Edm.Guid' literal or key '{key}' in the request URI.")
        values[part["name"]] = part["bare"] if part["text"] is None else part["text"].replace("''", "'")
        position = part.end()
    if not values:
        raise bad_request("The key in the request URI is empty.")
    if "leadid" in values and len(values) == 1:
        return _primary_key(values["leadid"])
    for value in values.values():
        if FORBIDDEN_IN_KEYS.search(value):
            raise bad_request(f"A potentially dangerous Request.Path value was detected from the client ({value}).")
    return values


def _primary_key(value: str) -> str:
    guid = read_guid(value)
    if guid is None:
        raise bad_request(f"Unrecognized 'Edm.Guid' literal '{value}' in the request URI.")
    return guid


@dataclass(frozen=True, slots=True)
class Preferences:
    """The `Prefer` header. `applied` is what the answer's `Preference-Applied` says."""

    wants_representation: bool = False
    page_size: int | None = None
    annotations: tuple[str, ...] = ()
    continues_on_error: bool = False
    tracks_changes: bool = False
    applied: str = ""

    def annotates(self, term: str) -> bool:
        return any(fnmatchcase(term, pattern) for pattern in self.annotations)


def read_preferences(header: str) -> Preferences:
    """Raises DataverseError on a malformed value; a preference that is not known is passed over."""
    values = dict(_each_preference(header))
    applied = []
    page_size = _page_size(values.get("odata.maxpagesize"))
    if values.get("return") == "representation":
        applied.append("return=representation")
    if page_size is not None:
        applied.append(f"odata.maxpagesize={page_size}")
    if "odata.track-changes" in values:
        applied.append("odata.track-changes")
    terms = values.get("odata.include-annotations", "")
    if terms:
        applied.append(f'odata.include-annotations="{terms}"')
    return Preferences(
        wants_representation=values.get("return") == "representation",
        page_size=page_size,
        annotations=tuple(term.strip() for term in terms.split(",") if term.strip()),
        continues_on_error="odata.continue-on-error" in values,
        tracks_changes="odata.track-changes" in values,
        applied=",".join(applied),
    )


def _each_preference(header: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while position < len(header):
        part = PREFERENCE.match(header, position)
        if part is None:
            raise bad_request(f"The Prefer header value '{header[:200]}' is not valid.")
        found.append((part["name"].lower(), part["quoted"] if part["quoted"] is not None else part["bare"] or ""))
        position = part.end()
    return found


def _page_size(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise bad_request(f"The value of the preference odata.maxpagesize is not valid: '{text[:40]}'.")
    return min(int(text), LARGEST_PAGE)


@dataclass(frozen=True, slots=True)
class Conditions:
    """`If-Match` and `If-None-Match`: "" when absent, `*`, or an ETag."""

    if_match: str = ""
    if_none_match: str = ""


ETAG = re.compile(r'W/"\d+"')


def read_conditions(headers: Headers) -> Conditions:
    """Raises DataverseError for a strong or unquoted ETag (contract 4.5). The text `null` is as none."""
    if_match = headers.get("If-Match", "").strip()
    if_none_match = headers.get("If-None-Match", "").strip()
    if if_none_match == "null":
        if_none_match = ""
    for name, value in (("If-Match", if_match), ("If-None-Match", if_none_match)):
        if value not in ("", "*") and not ETAG.fullmatch(value):
            raise DataverseError(Refusal.BAD_REQUEST, f"The {name} header value '{value[:100]}' is not a valid ETag.")
    return Conditions(if_match, if_none_match)
