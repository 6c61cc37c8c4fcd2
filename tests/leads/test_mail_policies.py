"""Policies for mail on its way: there, not there, or not known."""

from __future__ import annotations

import pytest

from leads.answers import Absent, Known, NotKnown, answered
from leads.lookups import Lookup
from leads.mail_policies import read_policies, read_policy

STS, TLS, BIMI = Lookup.MTA_STS, Lookup.TLS_RPT, Lookup.BIMI


@pytest.mark.parametrize(
    ("lookup", "texts", "state", "note"),
    [
        pytest.param(STS, ["v=STSv1; id=2026"], Known.YES, "", id="MTA-STS"),
        pytest.param(STS, ["v=stsv1;id=1"], Known.YES, "", id="in any case"),
        pytest.param(STS, ["hello", "v=STSv1; id=1"], Known.YES, "", id="beside other texts"),
        pytest.param(STS, ["v=STSv1; id=1", "v=STSv1; id=2"], Known.NO, "2 records: servers pass over all of them", id="two"),
        pytest.param(STS, ["v=STS1; id=1"], Known.NO, "", id="another version"),
        pytest.param(STS, ["v=STSv10; id=1"], Known.NO, "", id="a version that only begins so"),
        pytest.param(STS, [], Known.NO, "", id="nothing"),
        pytest.param(TLS, ["v=TLSRPTv1; rua=mailto:a@b.c"], Known.YES, "", id="TLS reports"),
        pytest.param(TLS, ["v=STSv1; id=1"], Known.NO, "", id="the record of another policy"),
        pytest.param(BIMI, ["v=BIMI1; l=https://firm.com/logo.svg"], Known.YES, "", id="BIMI"),
        pytest.param(BIMI, ["v=BIMI1; l=; a=;"], Known.NO, "the record says that there is no picture", id="declined"),
    ],
)  # fmt: skip
def test_a_policy(lookup, texts, state, note):
    told = read_policy(lookup, answered(texts))

    assert (told.state, told.note) == (state, note)


@pytest.mark.parametrize("reason", ["nxdomain", "nodata"])
def test_an_absence_is_a_no(reason):
    assert read_policy(STS, Absent(reason)).state is Known.NO


def test_what_nobody_answered_is_neither_yes_nor_no():
    told = read_policies({"mta_sts": NotKnown("servfail"), "tls_rpt": Absent()})

    assert {lookup.value: (one.state.value, one.note) for lookup, one in told.items()} == {
        "mta_sts": ("not_known", "servfail"),
        "tls_rpt": ("no", ""),
        "bimi": ("not_known", "not asked"),
    }
