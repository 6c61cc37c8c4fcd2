"""What an app knows of its service's lane besides its figures: who is signed in, and when only a person can help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hunter.ops.showing import Tone
from hunter.remote.lanes import LaneName


@dataclass(frozen=True, slots=True)
class LaneNote:
    """A sentence for the lane's card, with the page where something is done about it.

    `needs_person`: no call to the service goes right before somebody has been there. Tone NEEDS_YOU without it warns.
    """

    words: str
    url: str
    button: str
    permission: str
    tone: Tone = Tone.GOOD
    needs_person: bool = False
    since: datetime | None = None

    @property
    def warns(self) -> bool:
        return self.needs_person or self.tone is Tone.NEEDS_YOU


# What the apps have registered; each gives None where it has nothing to say.
sources: dict[LaneName, Callable[[], LaneNote | None]] = {}


def lane_notes() -> Mapping[LaneName, LaneNote]:
    """The notes as they are now, by lane."""
    found = {name: source() for name, source in sources.items()}
    return {name: note for name, note in found.items() if note is not None}
