"""What the lane of Partner Center and the home page say of its sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from hunter.ops.lane_notes import LaneNote
from hunter.ops.showing import Tone, span_in_words
from hunter.ops.ways_out import WayOut
from hunter.remote.errors import ErrorKind
from hunter.remote.lanes import LaneName
from hunter.remote.sign_ins import last_renewed, shortened, signed_in
from hunter.work.models import ErrorRecord
from hunter.work.problems import LANE
from referrals.services.signing_in import NAME
from referrals.sign_in_ends import near_end, secret_ends

VIEW = "remote.view_signin"


def sign_in_page() -> str:
    return reverse("admin:remote_signin_changelist")


def sign_in_trouble() -> ErrorRecord | None:
    """Why no call to Partner Center goes right until somebody signs in or mends the application; None where all is well."""
    open_ones = ErrorRecord.objects.unsettled().filter(kind=LANE, key=LaneName.PARTNER_CENTER.value)
    return next((one for one in open_ones if is_about_sign_in(one)), None)


def is_about_sign_in(trouble: ErrorRecord) -> bool:
    return trouble.service == LaneName.ENTRA.value or trouble.error_class == ErrorKind.AUTHENTICATION.value


def to_the_sign_in(error: ErrorRecord) -> Iterable[WayOut]:
    """The page that puts right why no call to Partner Center goes right."""
    if error.kind == LANE and error.key == LaneName.PARTNER_CENTER.value and is_about_sign_in(error):
        yield WayOut("Sign in", sign_in_page(), VIEW)


def sign_in_note() -> LaneNote | None:
    """The note of the lane's card. A constant number of queries (R7.7)."""
    if not settings.PARTNER_CENTER_ENABLED:
        return None
    trouble, account = sign_in_trouble(), signed_in(NAME)
    if trouble is not None:
        return note(trouble.message, button="Sign in", tone=Tone.NEEDS_YOU, needs_person=True, trouble=trouble)
    renewed_at, now = last_renewed(NAME), timezone.now()
    if account is None:
        if settings.PARTNER_CENTER_REFRESH_TOKEN and renewed_at is None:
            return note("The refresh token of the settings is used at the first sync.", button="Sign-in")
        return note("Nobody is signed in.", button="Sign in", tone=Tone.NEEDS_YOU, needs_person=True)
    warn = timedelta(days=settings.PARTNER_CENTER_WARN_DAYS)
    secret = secret_ends() if settings.PARTNER_CENTER_CLIENT_SECRET else None
    near = near_end(renewed_at=renewed_at, secret=secret, now=now, warn=warn)
    if near:
        return note(near, button="Sign-in", tone=Tone.NEEDS_YOU)
    renewed = f", renewed {span_in_words(now - renewed_at)} ago" if renewed_at else ""
    return note(f"Signed in as {shortened(account.account_name)}{renewed}.", button="Sign-in")


def note(
    words: str,
    *,
    button: str,
    tone: Tone = Tone.GOOD,
    needs_person: bool = False,
    trouble: ErrorRecord | None = None,
) -> LaneNote:
    since = trouble.first_seen if trouble else None
    return LaneNote(words, sign_in_page(), button, VIEW, tone=tone, needs_person=needs_person, since=since)
