"""Who keeps the mailboxes, by which records, and how certain that is."""

from __future__ import annotations

import pytest

from leads.answers import NotKnown, answered
from leads.mailbox_clues import CLUES_FILE, CluesRefused, load_clues, parse_clues
from leads.mailboxes import Observed, conclude_mailboxes
from leads.providers import classify_mx

FILTER, OWN, LOCAL = "eu-smtp-inbound-1.mimecast.com", "mail.firm.com", "mail.natrohost.com"
OUTLOOK, ASPMX = "firm-com.mail.protection.outlook.com", "aspmx.l.google.com"
AUTODISCOVER = {"autodiscover": "autodiscover.outlook.com"}
SELECTOR = {"selector1": "selector1-firm-com._domainkey.Firm.onmicrosoft.com"}
SPF = {"spf": "spf.protection.outlook.com"}
MS = {"txt": "MS=ms12345678"}
JOINED = {"enterpriseregistration": "enterpriseregistration.windows.net"}
ENROLLED = {"enterpriseenrollment": "enterpriseenrollment-s.manage.microsoft.com"}
GOOGLE_KEY, GOOGLE_SPF = {"dkim_google": "v=DKIM1; k=rsa; p=x"}, {"spf": "_spf.google.com"}
TEXT = CLUES_FILE.read_text(encoding="utf-8")


def concluded(host, **records):
    """The conclusion of firm.com with that mail host; a record may be an answer itself."""
    answers = {name: answered([one]) if isinstance(one, str) else one for name, one in records.items()}
    mx = answered([host]) if isinstance(host, str) else host
    first = host if isinstance(host, str) else ""
    return conclude_mailboxes(Observed("firm.com", mx, first, classify_mx(first), answers), load_clues())


@pytest.mark.parametrize(
    ("host", "records", "provider", "confidence"),
    [
        pytest.param(OUTLOOK, {}, "M365", "high", id="mail goes to Microsoft"),
        pytest.param(ASPMX, {}, "Google", "high", id="mail goes to Google"),
        pytest.param(ASPMX, MS | JOINED, "Google", "high", id="Google, and a tenant for other things"),
        pytest.param(ASPMX, AUTODISCOVER | SELECTOR, "Google", "medium", id="Google, but much speaks for Microsoft"),
        pytest.param(FILTER, AUTODISCOVER | SELECTOR | SPF | MS, "M365", "high", id="all of them behind a filter"),
        pytest.param(FILTER, AUTODISCOVER | SPF, "M365", "high", id="where mail programs go, and what may send"),
        pytest.param(FILTER, AUTODISCOVER, "M365", "medium", id="one strong sign alone"),
        pytest.param(FILTER, SELECTOR, "M365", "medium", id="only its key"),
        pytest.param(FILTER, SELECTOR | {"selector2": SELECTOR["selector1"]}, "M365", "medium", id="two keys are one sign"),
        pytest.param(FILTER, SPF | MS, "M365", "medium", id="two weaker signs"),
        pytest.param(FILTER, SPF, "M365", "low", id="one weaker sign"),
        pytest.param(FILTER, MS, "M365", "low", id="only a proof of ownership"),
        pytest.param(FILTER, JOINED | ENROLLED, "M365", "low", id="only devices"),
        pytest.param(FILTER, GOOGLE_KEY | GOOGLE_SPF, "Google", "high", id="Google behind a filter"),
        pytest.param(FILTER, AUTODISCOVER | MS | GOOGLE_KEY, "M365", "low", id="much speaks for somebody else too"),
        pytest.param(FILTER, AUTODISCOVER | GOOGLE_KEY, None, None, id="two that weigh the same"),
        pytest.param(FILTER, {}, None, None, id="nothing to see behind a filter"),
        pytest.param(FILTER, {"spf": "sendgrid.net"}, None, None, id="who only sends for others keeps no mailboxes"),
        pytest.param(FILTER, {"autodiscover": "autodiscover.firm.com"}, None, None, id="a host of their own is no sign"),
        pytest.param(OWN, AUTODISCOVER | SELECTOR | SPF, "M365", "medium", id="behind a host that is no known filter"),
        pytest.param(OWN, MS, "Local", "medium", id="a proof of ownership moves no mailboxes"),
        pytest.param(OWN, {}, "Local", "medium", id="a host of their own"),
        pytest.param(OWN, {"autodiscover": NotKnown("timeout")}, "Local", "low", id="not all was answered"),
        pytest.param(LOCAL, {}, "Local", "high", id="a local provider that is known"),
        pytest.param(answered([]), AUTODISCOVER | SELECTOR, None, None, id="no mail at all, though a tenant is there"),
        pytest.param(NotKnown("timeout"), AUTODISCOVER | SELECTOR, "M365", "medium", id="the mail host is not known"),
        pytest.param(NotKnown("timeout"), {}, None, None, id="nothing is known"),
    ],
)  # fmt: skip
def test_who_keeps_the_mailboxes(host, records, provider, confidence):
    told = concluded(host, **records)

    assert (told.provider, told.confidence) == (provider, confidence)


def test_a_conclusion_lists_the_records_that_it_rests_on_the_weightiest_first():
    told = concluded(FILTER, **MS | SPF | AUTODISCOVER | GOOGLE_KEY)

    assert told.sentence == "Microsoft 365 behind Mimecast (medium confidence)"
    assert [(one.asked, one.record) for one in told.rests_on] == [
        ("CNAME autodiscover.firm.com", "autodiscover.outlook.com"),
        ("SPF include of firm.com", "spf.protection.outlook.com"),
        ("TXT firm.com", "MS=ms12345678"),
    ]
    assert [one.asked for one in told.also] == ["TXT google._domainkey.firm.com"]


def test_a_mail_host_is_evidence_of_its_own():
    told = concluded(OUTLOOK, **SPF)

    assert [one.asked for one in told.rests_on] == ["MX firm.com", "SPF include of firm.com"]
    assert told.behind is None


@pytest.mark.parametrize(
    ("host", "records", "sentence"),
    [
        (FILTER, {}, "Not known: Mimecast hides them"),
        (LOCAL, {}, "Natro (high confidence)"),
        (OWN, {}, "A server of their own or of a local provider (medium confidence)"),
        (OWN, AUTODISCOVER, "Microsoft 365 behind mail.firm.com (medium confidence)"),
        (answered([]), {}, "No mailboxes: the domain receives no mail"),
        (NotKnown("timeout"), {}, "Not known"),
    ],
)
def test_the_conclusion_in_words(host, records, sentence):
    assert concluded(host, **records).sentence == sentence


def test_what_was_not_answered_is_said_with_its_reason():
    told = concluded(FILTER, autodiscover=NotKnown("servfail"), txt=NotKnown("refused"))

    assert told.not_answered == ("CNAME autodiscover.firm.com (servfail)", "TXT firm.com (refused)")


@pytest.mark.parametrize(
    ("target", "tenant"),
    [
        ("selector1-firm-com._domainkey.Firm.onmicrosoft.com", "firm.onmicrosoft.com"),
        ("selector1-firm-com._domainkey.firm.w-v1.dkim.mail.microsoft", "firm.onmicrosoft.com"),
        ("selector1._domainkey.mailer.example", None),
    ],
)
def test_an_alias_of_a_selector_names_the_tenant(target, tenant):
    assert concluded(FILTER, selector1=target).tenant == tenant
    assert concluded(FILTER, selector2=target).tenant == tenant


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        pytest.param('provider = "M365"', 'provider = "Office"', "clue.0.provider", id="a provider that there is not"),
        pytest.param('lookups = ["autodiscover"]', 'lookups = ["autodicsover"]', "clue.0", id="a lookup that there is not"),
        pytest.param('lookups = ["autodiscover"]', "lookups = []", "clue.0.lookups", id="no lookup"),
        pytest.param("weight = 3", "weight = 4", "clue.0.weight", id="too heavy"),
        pytest.param('begins = ["MS=ms"]', "", "clue.3", id="nothing to find it by"),
        pytest.param("medium = 3", "medium = 6", "confidence", id="borders out of order"),
        pytest.param('as_of = "2026-05-04"', "", "as_of", id="no date"),
        pytest.param("says =", "sais =", "clue.0.says", id="a misspelled key"),
    ],
)  # fmt: skip
def test_a_wrong_table_of_clues_is_refused_with_its_key(old, new, key):
    assert old in TEXT

    with pytest.raises(CluesRefused) as refused:
        parse_clues(TEXT.replace(old, new, 1))

    assert refused.value.field == key
    assert "Mend mailbox_clues.toml" in refused.value.message


def test_a_table_that_is_not_toml_is_refused():
    with pytest.raises(CluesRefused, match="are not TOML"):
        parse_clues("as_of = ")
