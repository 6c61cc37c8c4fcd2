"""How a referral's link stood before somebody moved it: all that an undo brings back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from referrals.kinds import LinkOrigin


@dataclass(frozen=True, slots=True)
class LinkState:
    """A link, and what the referral named at the time; `linked_at` in RFC 3339."""

    company_id: int | None
    link_status: str
    link_origin: str
    linked_by_id: int | None
    linked_at: str | None
    candidates: list[str]
    domain: str | None
    contact_domains: list[str]

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(**told)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_automatic(self) -> bool:
        """Whether no person had decided on it."""
        return self.link_origin == LinkOrigin.AUTOMATIC

    @property
    def moment(self) -> datetime | None:
        """When it was set."""
        return datetime.fromisoformat(self.linked_at) if self.linked_at else None
