"""Companies, scans and the lists behind them, as people see them."""

from __future__ import annotations

from leads.admin import alert, alert_channel, company, company_import, consumer_domain, scan_job, scoring_run

__all__ = ["alert", "alert_channel", "company", "company_import", "consumer_domain", "scan_job", "scoring_run"]
