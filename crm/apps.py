"""Leads in the CRM: which one, what goes there, what came of it."""

from __future__ import annotations

from django.apps import AppConfig


class CrmConfig(AppConfig):
    """Leads in the CRM: mapping, push, and what the CRM says of them."""

    name = "crm"
    verbose_name = "CRM"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the ledger how a push is done, and the sheet of companies what it tells of leads."""
        from crm import checks  # noqa: F401, PLC0415  registers its checks
        from crm.provision_kind import provision_kind  # noqa: PLC0415  models can be imported only now
        from crm.pull_kind import pull_kind  # noqa: PLC0415
        from crm.push_kind import push_kind  # noqa: PLC0415
        from crm.references import lead_references  # noqa: PLC0415
        from crm.registry import chosen_crms  # noqa: PLC0415
        from crm.remap_kind import remap_kind  # noqa: PLC0415
        from crm.repush import repush_kind  # noqa: PLC0415
        from crm.services.pruning import PULLS, REMAPS  # noqa: PLC0415
        from crm.sheets import LEADS_OF_COMPANIES  # noqa: PLC0415
        from hunter.work import pruning  # noqa: PLC0415
        from hunter.work.kinds import register  # noqa: PLC0415
        from leads import company_sheet  # noqa: PLC0415
        from referrals.references import register_references  # noqa: PLC0415

        company_sheet.register(LEADS_OF_COMPANIES)
        for backend in chosen_crms():
            for kind in (push_kind, provision_kind, pull_kind, repush_kind):
                register(kind(backend))
        register(remap_kind())
        pruning.register(PULLS)
        pruning.register(REMAPS)
        register_references(lead_references)
