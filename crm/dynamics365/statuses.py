"""Which class of error an answer of Dataverse means: its code first, then code and status, then the status (R5.2, R5.4).

Rows and classes are those of the contract, 6.2 and 6.3. A status never overrules a known code: a duplicate rule answers
500, a running customization 429, and neither is what its status says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hunter.remote.errors import (
    AuthenticationFailed,
    Conflict,
    Duplicate,
    Misconfigured,
    NotFound,
    PermanentFailure,
    PermissionMissing,
    RateLimited,
    RemoteError,
    TransientFailure,
    ValueRefused,
)
from hunter.remote.statuses import StatusTable

ID_TAKEN = "0x80040237"
DOMAIN_TAKEN = "0x80060892"
VERSION_DIFFERS = "0x80060882"
NO_SUCH_ROW = "0x80040217"
PAYLOAD_NOT_UNDERSTOOD = "0x80048d19"
UNFORESEEN = "0x80040216"
PLUG_IN_FAULT = "0x80040224"

_CODES: Mapping[type[RemoteError], str] = {
    RateLimited: "80072322 80072321 80072326 8005f103",
    TransientFailure: (
        "80072324 80044151 80044150 80044339 80044171 80044172 80044173 80081111 80081116 80071151 80071154 80071155"
        " 80090412"
    ),
    AuthenticationFailed: "8005f101 80040204",
    PermissionMissing: "80040220 80040299 80048306 80048405 80040256 80081018",
    Misconfigured: (
        "80072560 80040225 8004a112 80042f09 8004a110 80040276 8006088a 80060888 80060890 8006088f 80060883 8006088d"
        " 80072491 80044183 80040219 8004a104 80072325"
        # metadata writes (16.6)
        " 80044366 80044364 80044365 80044367 80044362 80044361 80044320 8004841a 80060895 80090110 80090111 80090112"
        " 80060896 80048402 8004f002 8004f034 80047008 80044195 8004431b 8004431f 800608a2"
    ),
    NotFound: "80040217 80060891",
    ValueRefused: (
        "80040265 80048d19 80044331 80073001 80044330 8004432f 8004431a 80040239 80040203 80040200 8004203e 80040278"
        " 80048408 8004022c 8004418a"
    ),
    Conflict: "8006089d 80060882 80040519 80040518 80044352 80049929 80060897",
    Duplicate: (
        "80040237 80060892 80040333 80073002"
        " 80047013 80060304 80044363 80047010 80044345 80060893 80060894 8004f023 80044310"  # a definition that is there
    ),
    PermanentFailure: "8004022e 80040233 80040228 80045304 80045305 80045301",
}
CODES: Mapping[str, type[RemoteError]] = {
    f"0x{code}": error for error, codes in _CODES.items() for code in codes.split()
}
BY_CODE_AND_STATUS: Mapping[tuple[str, int], type[RemoteError]] = {
    (UNFORESEEN, 400): PermanentFailure,
    (UNFORESEEN, 500): TransientFailure,
    (PLUG_IN_FAULT, 400): PermanentFailure,
    (PLUG_IN_FAULT, 500): TransientFailure,
}
STATUSES: Mapping[int, type[RemoteError]] = {
    400: ValueRefused,
    401: AuthenticationFailed,
    403: PermissionMissing,
    404: NotFound,
    405: Misconfigured,
    408: TransientFailure,
    409: Conflict,
    412: Conflict,
    413: ValueRefused,
    415: Misconfigured,
    429: RateLimited,
    500: TransientFailure,
    501: Misconfigured,
    502: TransientFailure,
    503: TransientFailure,
    504: TransientFailure,
}


@dataclass(frozen=True, slots=True)
class DataverseTable(StatusTable):
    """The table with the two codes whose class depends on the status, and with plug-ins' own codes."""

    both: Mapping[tuple[str, int], type[RemoteError]] = field(default_factory=dict)

    def error_class(self, *, status: int, code: str = "") -> type[RemoteError]:
        if known := self.both.get((code, status)):
            return known
        if code and code not in self.codes and not code.startswith("0x8"):
            return PermanentFailure  # a plug-in author's own number: a business rule (row 14)
        return StatusTable.error_class(self, status=status, code=code)


TABLE = DataverseTable("dynamics365", codes=CODES, statuses=STATUSES, both=BY_CODE_AND_STATUS)


def normal_code(code: str) -> str:
    """`0x` and eight digits in lower case; empty for none, `0x0`, and what is no number (contract 6.1)."""
    text = code.strip().lower()
    if re.fullmatch(r"0x[0-9a-f]+", text):
        number = int(text, 16)
    elif re.fullmatch(r"-?\d+", text):
        number = int(text)
    else:
        return ""
    number &= 0xFFFFFFFF
    return f"0x{number:08x}" if number else ""
