"""Where errors, units of work and lanes are, below /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from hunter.ops.api.lane_views import LaneViews
from hunter.ops.api.views import ErrorViews, JobViews

router = SimpleRouter()
router.register("errors", ErrorViews, basename="error")
router.register("jobs", JobViews, basename="job")
router.register("lanes", LaneViews, basename="lane")
