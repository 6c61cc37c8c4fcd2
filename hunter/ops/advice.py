"""What a class of error means, and what to do about it: in the words of sales ops (house style, admin)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hunter.remote.errors import ErrorKind
from hunter.remote.lanes import LaneName


@dataclass(frozen=True, slots=True)
class Advice:
    """Plain words for one class of error. `by_itself` says what Hunter does without anybody."""

    label: str
    meaning: str
    by_itself: str
    to_do: str


ADVICE: Mapping[ErrorKind, Advice] = {
    ErrorKind.AUTHENTICATION: Advice(
        "sign-in",
        "The service no longer accepts Hunter's sign-in.",
        "The token was renewed once, without success; the lane looks again every few minutes.",
        "Sign in again or put the secret right, then resume the lane. Nothing that waits is lost.",
    ),
    ErrorKind.PERMISSION: Advice(
        "permission",
        "Hunter is signed in, but its account may not do this.",
        "It is not tried again by itself.",
        "Give the account the privilege that the message names, then try again.",
    ),
    ErrorKind.RATE_LIMIT: Advice(
        "rate limit",
        "The service asked for fewer calls.",
        "The whole lane rests for as long as the service asked, then goes on. No attempt is used.",
        "Nothing, unless it comes back often: then lower the lane's limit.",
    ),
    ErrorKind.TRANSIENT: Advice(
        "passing",
        "The service did not answer, or said that it can't at the moment.",
        "It is tried again with growing waits, up to an hour.",
        "Nothing at first. Once the tries are used up, look whether the service is well, then try again.",
    ),
    ErrorKind.VALIDATION: Advice(
        "refused value",
        "A value was refused: by the service, or by Hunter before anything was sent.",
        "It is not tried again by itself, since it would be refused again.",
        "Put the value right, or the mapping where its column or type is wrong, then try again.",
    ),
    ErrorKind.NOT_FOUND: Advice(
        "not found",
        "What Hunter wanted to read or change is not there any more.",
        "It is not tried again by itself, so that nothing is made anew against somebody's will.",
        "Look at the record there. If it was deleted by mistake, try again; else put the error aside.",
    ),
    ErrorKind.DUPLICATE: Advice(
        "duplicate",
        "The service already has such a record, and it could not be taken over.",
        "It is not tried again by itself.",
        "Open the existing record; merge or close one of the two, then try again.",
    ),
    ErrorKind.CONFLICT: Advice(
        "conflict",
        "Somebody else changed the record at the same moment.",
        "It is read again and merged; who wins is stated for each field.",
        "Nothing, unless it stays: then look who keeps changing the record.",
    ),
    ErrorKind.PERMANENT: Advice(
        "refused",
        "It failed in a way that a further try would not change.",
        "It is not tried again by itself.",
        "Read the message; put its cause right, then try again, or put the error aside with a reason.",
    ),
    ErrorKind.CONFIGURATION: Advice(
        "set-up",
        "Something in the set-up of the service or of Hunter does not fit.",
        "The lane rests and looks again every few minutes. No attempt is used.",
        "Put the set-up right, then resume the lane.",
    ),
}


INBOUND = LaneName.PARTNER_CENTER.value
NOT_TO_BE_TAKEN_IN = Advice(
    ADVICE[ErrorKind.VALIDATION].label,
    "Partner Center sent a referral that Hunter can't take in as it is. All others were taken in.",
    "It goes along with each sync that has it, and is taken in as soon as it is right.",
    "Put the referral right in Partner Center, then read everything anew under Syncs. If that can't be, put the error aside.",
)
NOT_READY = Advice(
    ADVICE[ErrorKind.CONFIGURATION].label,
    "Something in the set-up of the service or of Hunter does not fit, so no work of this kind can be done.",
    "What waits for it is looked at again every few minutes. No attempt is used, and nothing that waits is lost.",
    "Put the set-up right, then try again.",
)
USED_UP = "The tries are used up: it is not tried again by itself."


def advice_for(error_class: str, *, service: str = "", gave_up: bool = False, of_lane: bool = False) -> Advice:
    """The advice for a class as it is stored; an unknown word is treated as refused.

    `of_lane`: no single item is to blame, and what waits for the lane is looked at again by itself.
    """
    kind = ErrorKind(error_class) if error_class in set(ErrorKind) else ErrorKind.PERMANENT
    if of_lane and kind in {ErrorKind.VALIDATION, ErrorKind.PERMANENT}:
        return NOT_READY
    if kind is ErrorKind.VALIDATION and service == INBOUND:
        return NOT_TO_BE_TAKEN_IN
    if kind is ErrorKind.TRANSIENT and gave_up:
        return replace(ADVICE[kind], by_itself=USED_UP, to_do="Look whether the service is well, then try again.")
    return ADVICE[kind]
