from __future__ import annotations

from leads.models.company import Company
from leads.models.history import ProviderChange, SignalChange
from leads.models.scan_jobs import ScanJob, ScanJobEntry
from leads.models.scoring_runs import ScoringRun
from leads.models.signals import Signals
from leads.models.sources import ConsumerDomain, RawLead

__all__ = [
    "Company",
    "ConsumerDomain",
    "ProviderChange",
    "RawLead",
    "ScanJob",
    "ScanJobEntry",
    "ScoringRun",
    "SignalChange",
    "Signals",
]
