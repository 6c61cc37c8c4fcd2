"""What people call the services that Hunter talks to."""

from __future__ import annotations

from hunter.remote.lanes import FIGURES, LaneName


def title_of(service: str) -> str:
    """Like Dynamics 365 for dynamics365; a service without a lane goes by its own name."""
    return FIGURES[LaneName(service)].title if service in set(LaneName) else service
