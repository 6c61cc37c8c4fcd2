from __future__ import annotations

from leads.models.alerts import Alert, AlertChannel, AlertDelivery, AlertLine
from leads.models.company import Company
from leads.models.field_times import CompanyFieldTimes
from leads.models.history import ProviderChange, SignalChange
from leads.models.imports import CompanyImport, ImportFile, ImportPart, ImportRow, ImportState, RowOutcome
from leads.models.name_keys import CompanyNameKey
from leads.models.scan_jobs import ScanJob, ScanJobEntry
from leads.models.scoring_runs import ScoringRun
from leads.models.signals import Signals
from leads.models.sources import ConsumerDomain, RawLead

__all__ = [
    "Alert",
    "AlertChannel",
    "AlertDelivery",
    "AlertLine",
    "Company",
    "CompanyFieldTimes",
    "CompanyImport",
    "CompanyNameKey",
    "ConsumerDomain",
    "ImportFile",
    "ImportPart",
    "ImportRow",
    "ImportState",
    "ProviderChange",
    "RawLead",
    "RowOutcome",
    "ScanJob",
    "ScanJobEntry",
    "ScoringRun",
    "SignalChange",
    "Signals",
]
