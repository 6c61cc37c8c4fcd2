"""How a company stands on its way into the CRM, in the four words of f.6."""

from __future__ import annotations

from dataclasses import dataclass

from crm.mapping.values import SyncState
from crm.push.record import LeadState

RESTING = frozenset({LeadState.REVIEW.value, LeadState.GONE.value, LeadState.CLOSED.value})


@dataclass(frozen=True, slots=True)
class PushFacts:
    """What the word rests on: the record's state, and how the push's unit of work stands."""

    record_state: str | None = None
    is_running: bool = False
    is_due: bool = False
    has_failed: bool = False


def sync_state(facts: PushFacts) -> SyncState | None:
    """The word, or None for a company that nobody wanted to push yet. What waits for a person counts as an error."""
    if facts.is_running:
        return SyncState.IN_PROGRESS
    if facts.has_failed or facts.record_state in RESTING:
        return SyncState.ERROR
    if facts.is_due:
        return SyncState.PENDING
    return None if facts.record_state is None else SyncState(facts.record_state)
