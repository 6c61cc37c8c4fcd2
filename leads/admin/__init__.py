"""Companies, scans and the lists behind them, as people see them."""

from __future__ import annotations

from leads.admin import company, consumer_domain, scan_job, scoring_run

__all__ = ["company", "consumer_domain", "scan_job", "scoring_run"]
