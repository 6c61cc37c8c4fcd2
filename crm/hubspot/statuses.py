"""Which class of error an answer of HubSpot means: the code of the first wrong value, the category, then the status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hunter.remote.errors import (
    AuthenticationFailed,
    Duplicate,
    Misconfigured,
    NotFound,
    PermissionMissing,
    RateLimited,
    RemoteError,
    TransientFailure,
    ValueRefused,
)
from hunter.remote.statuses import StatusTable

TAKEN: Final = "CONFLICTING_UNIQUE_VALUE"
NO_SUCH_PROPERTY: Final = "PROPERTY_DOESNT_EXIST"

CODES: Mapping[str, type[RemoteError]] = {
    code.lower(): error
    for error, codes in {
        AuthenticationFailed: "INVALID_AUTHENTICATION EXPIRED_AUTHENTICATION",
        PermissionMissing: "MISSING_SCOPES USER_DOES_NOT_HAVE_PERMISSIONS BANNED",
        RateLimited: "RATE_LIMITS RATE_LIMIT TEN_SECONDLY_ROLLING SECONDLY DAILY",
        NotFound: "OBJECT_NOT_FOUND",
        Duplicate: f"{TAKEN} OBJECT_ALREADY_EXISTS CONFLICT",
        Misconfigured: f"{NO_SUCH_PROPERTY} READ_ONLY_VALUE",
        ValueRefused: "VALIDATION_ERROR INVALID_OPTION INVALID_DOUBLE INVALID_LONG INVALID_STRING_LENGTH INVALID_EMAIL",
    }.items()
    for code in codes.split()
}
# 477: the account is being moved to another data centre; 52x: the network in front of HubSpot has no answer for us.
STATUSES: Mapping[int, type[RemoteError]] = {
    207: TransientFailure,
    477: TransientFailure,
}
FIRM: Mapping[int, type[RemoteError]] = {401: AuthenticationFailed, 429: RateLimited}
TABLE = StatusTable("hubspot", codes=CODES, statuses=STATUSES, firm=FIRM)
