"""The page on which a person signs in, or declines: a small one, without passwords (contract 1.3a)."""

from __future__ import annotations

from html import escape

from werkzeug import Response

from hunter.sandbox import identities
from hunter.sandbox.entra.authorization import Asked
from hunter.sandbox.entra.refusals import REASONS

DECLINE, BLOCK, NO_CONSENT = "decline", "block", "no_consent"
REFUSALS = {DECLINE: 65004, BLOCK: 53003, NO_CONSENT: 65001}

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in</title><meta name="viewport" content="width=device-width">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; background: #f2f2f2; display: grid; place-items: center; min-height: 95vh; }}
main {{ background: #fff; padding: 2.5rem; width: 24rem; box-shadow: 0 2px 8px #0003; }}
h1 {{ font-size: 1.4rem; margin: 0 0 1rem; }} small {{ color: #555; overflow-wrap: anywhere; }}
button {{ display: block; width: 100%; margin: .5rem 0; padding: .7rem; font: inherit; text-align: left; }}
button {{ border: 1px solid #888; background: #fff; cursor: pointer; }}
button.first {{ background: #0067b8; color: #fff; border-color: #0067b8; }}
</style></head><body><main>{inside}</main></body></html>
"""


def sign_in_page(asked: Asked) -> Response:
    """Who signs in, and the ways not to."""
    people = sorted(identities.PEOPLE.values(), key=lambda one: one.name != (asked.login_hint or identities.USER_NAME))
    ways = [
        f'<button name="person" value="{one.object_id}"{" class=first" if number == 0 else ""}>'
        f"{escape(one.display_name)}<br>{escape(one.name)}</button>"
        for number, one in enumerate(people)
    ]
    ways += [
        f'<button name="refuse" value="{way}">{words}</button>'
        for way, words in (
            (DECLINE, "Decline"),
            (BLOCK, "Be blocked by conditional access"),
            (NO_CONSENT, "Lack the consent of an administrator"),
        )
    ]
    inside = (
        f"<h1>Sign in to {escape(identities.PARTNER_NAME)}</h1>"
        f"<p>An application asks for <small>{escape(asked.scope)}</small></p>"
        f'<form method="post">{"".join(ways)}</form>'
        f"<p><small>The sandbox's sign-in. You go back to {escape(asked.redirect_uri)}</small></p>"
    )
    return Response(PAGE.format(inside=inside), content_type="text/html; charset=utf-8")


def error_page(number: int) -> Response:
    """What is shown where nobody can be sent back: the app or its redirect address is not known."""
    text = escape(REASONS[number].text)
    inside = f"<h1>Sorry, but we're having trouble signing you in.</h1><p>AADSTS{number}: {text}</p>"
    return Response(PAGE.format(inside=inside), status=REASONS[number].status, content_type="text/html; charset=utf-8")
