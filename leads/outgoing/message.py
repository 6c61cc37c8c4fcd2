"""What a message says: one alert, or several in one; the same whenever it is sent, so that a repeat is known as one. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

MOST_SHOWN = 50  # of a message's alerts in a text for people; a webhook gets them all
LONGEST_NAME = 80
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One alert, as it is told; news of Hunter itself have no domain. `url` is the company's page, empty where Hunter
    doesn't know its own address.
    """

    alert_id: int
    type: str
    domain: str
    company: str
    text: str
    previous: Any
    current: Any
    raised_at: str
    url: str = ""

    @property
    def who(self) -> str:
        """The domain, with the name where it has one of its own; fit for one line."""
        name = CONTROL.sub(" ", self.company).strip()[:LONGEST_NAME]
        if not self.domain:
            return name
        return f"{self.domain} ({name})" if name and name != self.domain else self.domain


@dataclass(frozen=True, slots=True)
class Message:
    """`delivery_id` stays the same through all tries; `repeats` says that an earlier try may have arrived."""

    delivery_id: str
    lines: Sequence[Line]
    is_digest: bool = False
    repeats: bool = False

    @property
    def subject(self) -> str:
        """What stands above it."""
        if self.is_digest or len(self.lines) != 1:
            count = len(self.lines)
            return (
                f"Hunter: {count} {'alert' if count == 1 else 'alerts'}{' of the last day' if self.is_digest else ''}"
            )
        (line,) = self.lines
        return f"Hunter: {line.domain}: {line.text}" if line.domain else f"Hunter: {line.text}"

    @property
    def shown(self) -> Sequence[Line]:
        return self.lines[:MOST_SHOWN]

    @property
    def unshown(self) -> int:
        return len(self.lines) - len(self.shown)

    def as_text(self) -> str:
        """For people, plain."""
        told = [f"{line.who}: {line.text}" + (f"\n  {line.url}" if line.url else "") for line in self.shown]
        if self.unshown:
            told.append(f"and {self.unshown} more: see the list of alerts in Hunter.")
        if self.repeats:
            told.append("You may have this message already: the answer to the first try was lost.")
        return "\n".join(told) + "\n"

    def as_json(self) -> dict[str, Any]:
        """For programs. The same at each try, so that its bytes are too."""
        return {
            "id": self.delivery_id,
            "digest": self.is_digest,
            "alerts": [
                {
                    "id": str(line.alert_id),
                    "type": line.type,
                    "domain": line.domain,
                    "company": line.company,
                    "text": line.text,
                    "previous": line.previous,
                    "current": line.current,
                    "raised_at": line.raised_at,
                }
                for line in self.lines
            ],
        }
