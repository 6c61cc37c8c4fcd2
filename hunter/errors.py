"""What a person can act on."""

from __future__ import annotations


class HunterError(Exception):
    """One sentence that says what happened, where, and the way out.

    A command turns it into exit status 2, the API into problem details, the admin into a message.
    `field` names the value at fault, where there is one.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
