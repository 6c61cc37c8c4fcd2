"""Partner Center's referrals over HTTP: a page of the list, and one by its id (contract 2, 4)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from hunter.crashpoints import crash_point
from hunter.errors import HunterError
from hunter.remote.errors import AuthenticationFailed, Call, Misconfigured, PermanentFailure, TransientFailure
from hunter.remote.gate import Gate
from hunter.remote.session import CLAIMS_WANTED, Answer, RemoteSession, TimeLimits
from hunter.remote.transport import is_loopback
from referrals import statuses
from referrals.admission import INCOMING
from referrals.sign_in_words import WAY_OUT

COLLECTION = "v1.0/engagements/referrals"
POINTS = ("sync.before_page", "sync.after_page")
LIMITS = TimeLimits(connect=5.0, read=30.0, total=60.0, gate=30.0)
SKIP_TOKEN = "$skiptoken"  # noqa: S105  a place in the list, not a secret


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as they came, and the address of the next page; empty on the last one."""

    rows: tuple[Any, ...]
    next_link: str
    request_id: str = ""


class PartnerCenterClient:
    """Reads referrals. Raises RemoteError in the class of the answer, Deferred when no call may go out.

    The token goes to the configured server only, whatever a page says about the next one (trap T10).
    """

    def __init__(self, *, base_url: str, gate: Gate, bearer: str, correlation_id: str = "") -> None:
        if not base_url.startswith("https://") and not is_loopback(base_url):
            raise Misconfigured(
                "PARTNER_CENTER_URL is not an https address; the token would be sent in the clear.",
                call=Call(statuses.TABLE.service, "list referrals"),
                field="PARTNER_CENTER_URL",
            )
        self._base_url = base_url.rstrip("/")
        self._session = RemoteSession(
            service=statuses.TABLE.service,
            base_url=self._base_url,
            gate=gate,
            table=statuses.TABLE,
            limits=LIMITS,
            bearer=bearer,
            correlation_id=correlation_id,
            read_error=statuses.read_error,
        )

    def first_page(self, *, since: datetime | None) -> Page:
        """The oldest incoming referrals; with `since` only those that changed then or later."""
        return self._page(COLLECTION, params={"$filter": list_filter(since), "$orderby": "updatedDateTime asc"})

    def next_page(self, next_link: str) -> Page:
        """The page a link of the page before leads to. Raises PermanentFailure for a link to another server."""
        url = trusted_link(next_link, base_url=self._base_url)
        return self._page(url, params=None)

    def referral(self, referral_id: str) -> Any:
        """One referral as it is now. Raises NotFound when it left what the signed-in person may see."""
        path = f"{COLLECTION}/{quote(referral_id, safe='')}"
        return self._get(path, operation="get a referral", params=None).json()

    def change(self, referral_id: str, *, operations: Sequence[Mapping[str, Any]], etag: str) -> Any:
        """Change one referral by a JSON Patch, if it still has this eTag; how it is afterwards, None where that is not said.

        Raises Conflict when it has another one by now, and with `outcome_unknown` what may have taken effect all the same.
        """
        path = f"{COLLECTION}/{quote(referral_id, safe='')}"
        headers = {"client-request-id": str(uuid.uuid4()), "If-Match": etag, "Prefer": "return=representation"}
        operation = "change a referral"
        answer = self._session.call("PATCH", path, operation=operation, json=list(operations), headers=headers)
        return answer.json() if answer.body.strip() else None

    def _page(self, url: str, *, params: Mapping[str, str] | None) -> Page:
        crash_point("sync.before_page")
        answer = self._get(url, operation="list referrals", params=params)
        crash_point("sync.after_page")

        body = answer.json()
        if not isinstance(body, dict) or not isinstance(body.get("value"), list):
            raise TransientFailure(
                "Partner Center answered the list with something that is no list. It is tried again by itself.",
                call=answer.call,
            )
        next_link = body.get("@odata.nextLink")
        return Page(tuple(body["value"]), next_link if isinstance(next_link, str) else "", answer.call.request_id)

    def _get(self, url: str, *, operation: str, params: Mapping[str, str] | None) -> Answer:
        headers = {"client-request-id": str(uuid.uuid4())}
        try:
            return self._session.call("GET", url, operation=operation, params=params, headers=headers)
        except AuthenticationFailed as error:
            raise with_way_out(error) from error


def with_way_out(error: AuthenticationFailed) -> AuthenticationFailed:
    """The same refusal with what a person does about it; conditional access wants more than a new token (P14)."""
    wanted = "It wants multi-factor authentication in the sign-in. " if error.code.lower() in CLAIMS_WANTED else ""
    return AuthenticationFailed(f"{error.message} {wanted}{WAY_OUT}", call=error.call, code=error.code)


def list_filter(since: datetime | None) -> str:
    """The OData filter of the list. Times end in Z: the plus sign of an offset would become a blank."""
    incoming = f"direction eq '{INCOMING}'"
    if since is None:
        return incoming
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"{incoming} and updatedDateTime ge {moment}"


def trusted_link(next_link: str, *, base_url: str) -> str:
    """The link on our server that a nextLink means: same host, https as ours, the known path (contract 2).

    A link with another path is used for its $skiptoken alone. Raises PermanentFailure for anything else.
    """
    try:
        link, ours = urlsplit(next_link), urlsplit(base_url)
        is_ours = not link.netloc or (
            link.hostname == ours.hostname and _same_port(link.port, ours.port) and "@" not in link.netloc
        )
    except ValueError as error:
        raise _refused("that is no address") from error
    if not is_ours or link.scheme not in ("", "http", "https"):
        raise _refused(f"to another server ({link.hostname})")
    path = urlsplit(f"{base_url}/{COLLECTION}").path
    if link.path == path and link.query:
        return f"{base_url}/{COLLECTION}?{link.query}"
    tokens = parse_qs(link.query).get(SKIP_TOKEN, [])
    if len(tokens) != 1:
        raise _refused("without a place in the list")
    return f"{base_url}/{COLLECTION}?{quote(SKIP_TOKEN, safe='$')}={quote(tokens[0], safe='')}"


def _same_port(theirs: int | None, ours: int | None) -> bool:
    default = {None, 80, 443}  # the documentation's own link is http
    return theirs == ours or (theirs in default and ours in default)


def _refused(what: str) -> HunterError:
    return PermanentFailure(
        f"Partner Center sent a link {what}; it was not followed, and the token not sent there.",
        call=Call(statuses.TABLE.service, "list referrals"),
    )
