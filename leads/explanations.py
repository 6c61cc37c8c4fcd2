"""What people and tests may ask of the rules, and the answers: the data of the `explain_…` commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

from leads import scoring
from leads.answers import Answer, NotKnown, answered
from leads.conclusions import conclude
from leads.domains import read_domain
from leads.lookups import Lookup
from leads.providers import Provider, classify_mx
from leads.rules import Rules
from leads.scan_answer import DnsLookups
from leads.score_range import SOME_HOST, Fact, ScoreRange, newest_facts, range_of_newest, score_range
from leads.scoring import Score, ScoreFacts
from leads.segments import Classes, classes_of
from leads.signals import DKIM_SELECTORS, DnsEvidence, DnsSignals, is_spf, mail_hosts, read_signals
from leads.spf import evaluate_spf


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


NOT_KNOWN = "not_known"  # what to give for a lookup that nobody answered, or a fact that nobody knows


def listed_or_not_known(value: Any) -> Any:
    """The same, but for a lookup that nobody answered."""
    return None if value == NOT_KNOWN else listed(value)


Text = Annotated[str, BeforeValidator(joined)]
Texts = Annotated[list[Text] | None, BeforeValidator(listed_or_not_known)]
Hosts = Annotated[list[str] | None, BeforeValidator(listed_or_not_known)]


class Given(BaseModel):
    """Values to explain; one that nobody reads is a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GivenSignals(Given):
    """Answers of DNS. What is left out has no records, `"not_known"` was not answered; `organizational_dmarc` is what a
    subdomain inherits, `beside` holds the lookups that no score rests on, and `spf` the records that SPF leads to."""

    domain: str = ""
    mx: Hosts = []
    txt: Texts = []
    dmarc: Texts = []
    organizational_dmarc: Texts = []
    dkim: dict[str, Text | None] = {}
    beside: dict[Lookup, Texts] = {}
    spf: dict[str, Texts] = {}

    def evidence(self) -> DnsEvidence:
        """The same as if it had been looked up: of DKIM only the selectors that Hunter asks."""
        texts = {selector.lower(): text for selector, text in self.dkim.items()}
        dkim = {selector: given_text(texts.get(selector)) for selector in DKIM_SELECTORS}
        return DnsEvidence(
            domain=self.domain,
            mx=given(self.mx),
            txt=given(self.txt),
            dmarc=given(self.dmarc),
            dkim=dkim,
            organizational_dmarc=given(self.organizational_dmarc),
        )

    async def lookups(self) -> DnsLookups:
        """All that a scan would have brought home. What SPF leads to and is not given is not known."""
        evidence = self.evidence()
        kept = {name.lower().rstrip("."): given(texts) for name, texts in self.spf.items()}

        async def lookup(name: str, kind: str) -> Answer:
            return kept.get(name, NotKnown("not given"))

        records = [text for text in self.txt or [] if is_spf(text)]
        evaluated = await evaluate_spf(records, domain=self.domain, lookup=lookup) if records else None
        beside: dict[str, Answer] = {name.value: given(self.beside.get(name, [])) for name in Lookup}
        return DnsLookups(evidence, answered([]), (), beside=beside, spf=evaluated)


def given(texts: Sequence[str] | None) -> Answer:
    return NotKnown("not given") if texts is None else answered(texts)


def given_text(text: str | None) -> Answer:
    if text == NOT_KNOWN:
        return NotKnown("not given")
    return answered([] if text is None else [text])


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


def explain_lookups(lookups: DnsLookups, *, rules: Rules) -> dict[str, Any]:
    """The signals that answers of DNS give, and what follows from them beside the score."""
    read = read_signals(lookups.evidence)
    told = dmarc_and_spf(read) | explain_provider(read.mx_hosts[0] if read.mx_hosts else None) | more_of(read)
    told |= conclude(lookups, read).as_dict()
    if read.unanswered:
        told["score_range"] = range_of_newest(newest_facts(read, provider=""), rules=rules).as_dict()
    return told


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
    states = {name: state.value for name, state in read.states.items()}
    return {"states": states, "mx_records": list(hosts), "notes": list(read.notes), "unanswered": list(read.unanswered)}


def explain_score(value: Any, *, rules: Rules) -> dict[str, Any]:
    """Score and classes of given facts, or the classes of a given score."""
    if isinstance(value, Mapping) and "score" in value:
        given = GivenScore.model_validate(value)
        return {"score": given.score} | classes_told(
            classes_of(provider=given.provider, score=given.score, rules=rules)
        )
    if not isinstance(value, Mapping):
        raise ValueError('Facts are a JSON object, like {"provider": "M365", "spf": "v=spf1 -all", "dkim": true}.')
    unknown = facts_not_known(value)
    known = {name: one for name, one in value.items() if FACT_OF_INPUT.get(name) not in unknown}
    facts = GivenFacts.model_validate(known).facts()
    if unknown:
        return range_told(range_of_given(facts, unknown, mx_is_given="mx" in known, rules=rules))
    return score_told(scoring.score(facts, rules))


FACT_OF_INPUT = {
    "mx": Fact.MX, "provider": Fact.PROVIDER, "spf": Fact.SPF, "spf_record": Fact.SPF, "dkim": Fact.DKIM,
    "dmarc": Fact.DMARC, "dmarc_policy": Fact.DMARC,
}  # fmt: skip


def facts_not_known(value: Mapping[str, Any]) -> frozenset[Fact]:
    """The facts that are said not to be known. Left out or null still means that they are not there."""
    return frozenset(FACT_OF_INPUT[name] for name, one in value.items() if one == NOT_KNOWN and name in FACT_OF_INPUT)


def range_of_given(facts: ScoreFacts, unknown: frozenset[Fact], *, mx_is_given: bool, rules: Rules) -> ScoreRange:
    """A provider that is not known still has some mail host; a mail host that is not known hides the provider too."""
    if Fact.PROVIDER in unknown and not mx_is_given and Fact.MX not in unknown:
        facts = replace(facts, mx_hosts=(SOME_HOST,))
    if Fact.MX in unknown and facts.provider == Provider.UNKNOWN:
        unknown |= {Fact.PROVIDER}
    return score_range(facts, not_known=unknown, rules=rules)


def range_told(found: ScoreRange) -> dict[str, Any]:
    """What holds in every case; null where that depends on what is not known."""
    cases = [score_told(case) for case in found.cases]
    told = {name: value if all(case[name] == value for case in cases) else None for name, value in cases[0].items()}
    return told | {"segment_reason": found.sentence(), "range": found.as_dict()}


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
