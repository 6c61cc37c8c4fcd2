"""A message as e-mail, over the mail server of the set-up. Knows no model."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import time
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from hunter.crashpoints import crash_point
from hunter.remote.errors import (
    AuthenticationFailed,
    Call,
    Misconfigured,
    PermanentFailure,
    RemoteError,
    TransientFailure,
    ValueRefused,
)
from hunter.remote.gate import Gate
from hunter.remote.lanes import LaneName

SERVICE, OPERATION = LaneName.OUTGOING.value, "email"
GATE_SECONDS = 20.0
MOST_WORDS = 200
SIGN_IN_CODES = frozenset({530, 534, 535, 538})


def send(address: str, message: Any, *, gate: Gate) -> None:
    """Send one e-mail to one address. Raises RemoteError, Deferred.

    Its Message-ID is that of the delivery, so a repeat after a lost answer is the same e-mail to many mail programs.
    """
    call = Call(SERVICE, OPERATION, "SMTP")
    gate.pass_(deadline=time.monotonic() + GATE_SECONDS)
    crash_point(f"{SERVICE}.{OPERATION}.before")
    connection = get_connection()
    with told_as_remote_errors(call, sent=False):
        connection.open()
    try:
        with told_as_remote_errors(call, sent=True):
            connection.send_messages([mail_for(address, message, connection=connection)])
    finally:
        with contextlib.suppress(smtplib.SMTPException, OSError):  # it has taken the message, or said why not
            connection.close()
    crash_point(f"{SERVICE}.{OPERATION}.after")


def mail_for(address: str, message: Any, *, connection: Any = None) -> EmailMessage:
    """The e-mail as it goes out."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "hunter.invalid"
    return EmailMessage(
        subject=message.subject[:MOST_WORDS],
        body=message.as_text(),
        to=[address],
        headers={"Message-ID": f"<{message.delivery_id}@{domain}>", "Auto-Submitted": "auto-generated"},
        connection=connection,
    )


@contextlib.contextmanager
def told_as_remote_errors(call: Call, *, sent: bool) -> Iterator[None]:
    """What the mail server answers, or does not, in our classes; `sent`: an answer that is lost leaves a doubt."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise Misconfigured("The certificate of the mail server was refused.", call=call) from error
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        raise refusal(code, words, call=call, field="target") from error
    except smtplib.SMTPResponseException as error:
        raise refusal(error.smtp_code, error.smtp_error, call=call) from error
    except smtplib.SMTPNotSupportedError as error:
        raise Misconfigured(f"The mail server can't do what EMAIL_URL asks of it ({error}).", call=call) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TransientFailure(
            f"The mail server gave no answer ({type(error).__name__}).",
            call=call,
            outcome_unknown=sent,
        ) from error


def refusal(code: int, words: bytes | str, *, call: Call, field: str = "") -> RemoteError:
    """A mail server's no: 4xx another time, 5xx for good (RFC 5321); of a recipient it is the address that is refused."""
    told = words.decode(errors="replace") if isinstance(words, bytes) else words
    said = f"The mail server answered {code}: {' '.join(told.split())[:MOST_WORDS] or 'no reason given'}"
    status = Call(call.service, call.operation, call.method, status=code)
    if code in SIGN_IN_CODES:
        return AuthenticationFailed(said, call=status, code=str(code))
    if 400 <= code < 500:
        return TransientFailure(said, call=status, code=str(code))
    if field:
        return ValueRefused(said, call=status, code=str(code), field=field)
    return PermanentFailure(said, call=status, code=str(code))
