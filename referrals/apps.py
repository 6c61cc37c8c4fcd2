"""The app of Partner Center's referrals."""

from __future__ import annotations

from django.apps import AppConfig

from hunter.work.kinds import register


class ReferralsConfig(AppConfig):
    """Partner Center: its referrals, their sync, and the companies they belong to."""

    name = "referrals"
    verbose_name = "Referrals"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the ledger how referrals are fetched and linked, and the sheet of companies what it tells of them."""
        from hunter.work import pruning  # noqa: PLC0415  as below
        from leads import company_sheet  # noqa: PLC0415  models can't be imported before the apps are ready
        from leads.services.resealing import holds_secrets  # noqa: PLC0415
        from referrals import checks  # noqa: F401, PLC0415  registers its checks
        from referrals.candidate_kind import candidate_kind  # noqa: PLC0415  as below
        from referrals.models import RefusedReferral  # noqa: PLC0415
        from referrals.referral_kind import referral_kind  # noqa: PLC0415  models can't be imported before the apps are ready
        from referrals.relink_kind import relink_kind  # noqa: PLC0415  as below
        from referrals.services.pruning import DELIVERIES, SYNC_RUNS  # noqa: PLC0415  as below
        from referrals.sheets import REFERRALS_OF_COMPANIES  # noqa: PLC0415  as above
        from referrals.sync_kind import sync_kind  # noqa: PLC0415  as above
        from referrals.vanish_kind import vanish_kind  # noqa: PLC0415  as above
        from referrals.webhook_kind import webhook_kind  # noqa: PLC0415  as above
        from referrals.write_kind import write_kind  # noqa: PLC0415  as above

        register(sync_kind())
        register(referral_kind())
        register(candidate_kind())
        register(relink_kind())
        register(vanish_kind())
        register(write_kind())
        register(webhook_kind())
        holds_secrets(RefusedReferral, "sealed_row")
        company_sheet.register(REFERRALS_OF_COMPANIES)
        pruning.register(SYNC_RUNS)
        pruning.register(DELIVERIES)
