"""Time limits, rates and what counts for how long (domain document, b.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hunter.remote.lanes import FIGURES, LaneName
from leads import alert_kinds, rescan
from leads.scanning import rdap, whois
from leads.scanning.resolver import DnsLimits
from leads.services import registrations, scan_jobs


@pytest.mark.parametrize(
    ("figure", "of_the_document"),
    [
        pytest.param(DnsLimits().total, 10.0, id="DNS, seconds for a lookup in all"),
        pytest.param(rdap.LIMITS.total, 3.0, id="RDAP, seconds"),
        pytest.param(whois.TOTAL_SECONDS, 5.0, id="WHOIS, seconds"),
        pytest.param(FIGURES[LaneName.DNS].rate, 10, id="domains a second for all workers together"),
        pytest.param(FIGURES[LaneName.RDAP].rate, 5, id="RDAP and WHOIS calls a second for all workers together"),
        pytest.param(scan_jobs.FRESH, timedelta(hours=1), id="a whole scan counts"),
        pytest.param(registrations.NEW_ENOUGH, timedelta(hours=24), id="registration data count"),
        pytest.param(rescan.STALE_AFTER, timedelta(hours=24), id="all companies are rescanned"),
        pytest.param(alert_kinds.LOOK_EVERY, timedelta(minutes=5), id="pending alerts are worked"),
        pytest.param(scan_jobs.CHUNK, 1000, id="the largest piece of a bulk scan"),
    ],
)
def test_a_figure_of_scans_is_that_of_the_document(figure, of_the_document):
    assert figure == of_the_document
