"""What people and tests may ask of the rules, and the answers: the data of the `explain_…` commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from leads import scoring
from leads.answers import Answer, answered
from leads.domains import read_domain
from leads.providers import Provider, classify_mx
from leads.rules import Rules
from leads.scoring import Score, ScoreFacts
from leads.segments import Classes, classes_of
from leads.signals import DKIM_SELECTORS, DnsEvidence, DnsSignals, is_spf, mail_hosts, read_signals


def joined(value: Any) -> Any:
    """A TXT value given as the list of its parts is their concatenation."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "".join(value)
    return value


def listed(value: Any) -> Any:
    """Nothing is an empty list, a single text a list of one."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(joined)]
Texts = Annotated[list[Text], BeforeValidator(listed)]
Hosts = Annotated[list[str], BeforeValidator(listed)]


class Given(BaseModel):
    """Values to explain; one that nobody reads is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GivenSignals(Given):
    """Answers of DNS. What is left out has no records; `organizational_dmarc` is what a subdomain inherits."""

    domain: str = ""
    mx: Hosts = []
    txt: Texts = []
    dmarc: Texts = []
    organizational_dmarc: Texts = []
    dkim: dict[str, Text | None] = {}

    def evidence(self) -> DnsEvidence:
        """The same as if it had been looked up: of DKIM only the selectors that Hunter asks."""
        texts = {selector.lower(): text for selector, text in self.dkim.items()}
        dkim: dict[str, Answer] = {
            selector: answered([text] if (text := texts.get(selector)) is not None else [])
            for selector in DKIM_SELECTORS
        }
        return DnsEvidence(
            domain=self.domain,
            mx=answered(self.mx),
            txt=answered(self.txt),
            dmarc=answered(self.dmarc),
            dkim=dkim,
            organizational_dmarc=answered(self.organizational_dmarc),
        )


class GivenFacts(Given):
    """The facts of a score. A provider left out follows from the first MX host; with a provider but without `mx` some
    mail host is taken to exist, since without one there would be no provider."""

    domain: str | None = None
    provider: str | None = None
    mx: Annotated[list[str] | None, BeforeValidator(lambda value: [value] if isinstance(value, str) else value)] = None
    spf: StrictBool | Text | None = None
    spf_record: Text | None = None
    dkim: StrictBool | None = None
    dmarc: Text | None = None
    dmarc_policy: str | None = None

    def facts(self) -> ScoreFacts:
        hosts = self.hosts()
        record = self.spf if isinstance(self.spf, str) else self.spf_record
        has_record = record is not None and is_spf(record)
        return ScoreFacts(
            mx_hosts=hosts,
            provider=self.provider or classify_mx(hosts[0] if hosts else None).provider.value,
            spf=self.spf is True or has_record,
            spf_record=record if has_record else None,
            dkim=bool(self.dkim),
            dmarc_policy=self.dmarc if self.dmarc is not None else self.dmarc_policy,
            domain_valid=self.domain is None or read_domain(self.domain).domain is not None,
        )

    def hosts(self) -> tuple[str, ...]:
        if "mx" in self.model_fields_set:
            return mail_hosts(self.mx or [])
        return ("mail.example",) if self.provider and self.provider != Provider.UNKNOWN else ()


class GivenScore(Given):
    """A score to be classed as it stands."""

    provider: str
    score: Annotated[StrictInt, Field(ge=0, le=100)]


def explain_provider(host: str | None) -> dict[str, Any]:
    """Who receives mail at an MX host."""
    found = classify_mx(host)
    return {
        "mx_root": found.mx_root,
        "provider": found.provider.value,
        "local_provider": found.local_provider,
        "gateway": found.gateway,
        "gateway_name": found.gateway_name,
        "tenant_size": found.tenant_size.value if found.tenant_size else None,
    }


def explain_evidence(evidence: DnsEvidence) -> dict[str, Any]:
    """The signals that answers of DNS give."""
    read = read_signals(evidence)
    return dmarc_and_spf(read) | explain_provider(read.mx_hosts[0] if read.mx_hosts else None) | more_of(read)


def dmarc_and_spf(read: DnsSignals) -> dict[str, Any]:
    dmarc = read.dmarc
    return {
        "spf": read.spf,
        "spf_record": read.spf_record,
        "spf_includes": read.spf_includes,
        "dkim": read.dkim,
        "dkim_selector": read.dkim_selector,
        "dmarc_policy": dmarc.policy.value if dmarc else None,
        "dmarc_coverage": dmarc.coverage if dmarc else None,
        "dmarc_record": dmarc.record if dmarc else None,
        "dmarc_inherited": bool(dmarc and dmarc.inherited),
    }


def more_of(read: DnsSignals) -> dict[str, Any]:
    hosts: Sequence[str] = read.mx_hosts
    return {"mx_records": list(hosts), "notes": list(read.notes), "unanswered": list(read.unanswered)}


def explain_score(value: Any, *, rules: Rules) -> dict[str, Any]:
    """Score and classes of given facts, or the classes of a given score."""
    if isinstance(value, Mapping) and "score" in value:
        given = GivenScore.model_validate(value)
        return {"score": given.score} | classes_told(
            classes_of(provider=given.provider, score=given.score, rules=rules)
        )
    if not isinstance(value, Mapping):
        raise ValueError('Facts are a JSON object, like {"provider": "M365", "spf": "v=spf1 -all", "dkim": true}.')
    return score_told(scoring.score(GivenFacts.model_validate(value).facts(), rules))


def score_told(scored: Score) -> dict[str, Any]:
    told = {"score": scored.score} | classes_told(scored.classes)
    return told | {"breakdown": scored.breakdown.as_dict(), "segment_reason": scored.segment_reason}


def classes_told(classes: Classes) -> dict[str, Any]:
    """Classes by the names of the API."""
    return {
        "segment": classes.segment.value,
        "technical_heat": classes.technical_heat.value,
        "commercial_segment": classes.commercial_segment.value,
        "commercial_heat": classes.commercial_heat.value,
        "priority_category": classes.priority_category.value,
        "priority_label": classes.priority_label,
        "priority": classes.priority,
    }
