"""DNS evidence, read from texts (domain document, b.1). In Hunter a signal always means DNS evidence."""

from __future__ import annotations

from enum import StrEnum


class ScanStatus(StrEnum):
    """How the newest scan of a company ended (b.4)."""

    PENDING = "pending"
    SUCCESS = "success"
    WHOIS_FAILED = "whois_failed"
    DNS_TIMEOUT = "dns_timeout"
    INVALID_DOMAIN = "invalid_domain"


class DmarcPolicy(StrEnum):
    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"
