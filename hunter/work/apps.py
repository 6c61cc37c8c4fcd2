"""The ledger: what is to be done outside, by whom, how often, and what came of it."""

from __future__ import annotations

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """The ledger, and how its own history is cleared away."""

    name = "hunter.work"
    label = "work"
    verbose_name = "Work"

    def ready(self) -> None:
        """Tell the ledger how old history is cleared away, and what of its own may go; tie workers to their parent."""
        from hunter.work import pruning  # noqa: PLC0415  models can be imported only now
        from hunter.work.cause_watch import watch_kind  # noqa: PLC0415
        from hunter.work.cluster import end_children_with_parent  # noqa: PLC0415
        from hunter.work.error_run_kind import error_run_kind  # noqa: PLC0415
        from hunter.work.history import PRUNABLES  # noqa: PLC0415
        from hunter.work.kinds import register  # noqa: PLC0415
        from hunter.work.prune_kind import prune_kind  # noqa: PLC0415

        register(prune_kind())
        register(error_run_kind())
        register(watch_kind())
        for one in PRUNABLES:
            pruning.register(one)
        end_children_with_parent()
