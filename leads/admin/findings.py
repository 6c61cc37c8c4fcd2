"""What was found of a company, one line for each question: the answer, the record it rests on, or why it is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from leads.lookups import QUESTIONS, Lookup
from leads.models import Signals
from leads.spf import MOST_LOOKUPS

POLICY_NAMES: Mapping[Lookup, str] = {
    Lookup.MTA_STS: "MTA-STS",
    Lookup.TLS_RPT: "TLS reports",
    Lookup.BIMI: "BIMI",
}
NOT_LOOKED = "not known: not looked at yet, the next scan tells"
ALL_WORDS = {
    "-": "other mail is refused (-all)",
    "~": "other mail is suspicious (~all)",
    "?": "nothing is said of other mail (?all)",
    "+": "anybody may send (+all)",
    "": "nothing is said of other mail (no all)",
}
LOOKUP_OF_FACT = {"mx": "mx", "spf": "txt", "dkim": "dkim", "dmarc": "dmarc"}
STATE_WORDS = {
    "absent": "no SPF record there",
    "not_known": "not answered",
    "unknowable": "depends on the mail",
    "circle": "leads in a circle",
    "not_followed": "not followed: too many lookups before",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for: the answer, the record it rests on, and why it is not known.

    `asked` is the question with how long its answer holds; `more` are further records, with how far each is indented.
    """

    name: str
    answer: str
    rests_on: str = ""
    is_known: bool = True
    asked: str = ""
    more: tuple[tuple[int, str], ...] = ()


def of_answer(
    name: str, answer: Mapping[str, Any] | None, words: str, rests_on: str = "", *, asked: str = ""
) -> Finding:
    """The words, unless nobody answered: then that, with its reason."""
    if answer and answer.get("state") == "not_known":
        why = f"not known: {answer.get('reason') or 'nobody answered'}"
        return Finding(name, why, rests_on, is_known=False, asked=asked)
    return Finding(name, words, rests_on, asked=asked + holding(answer) if asked else "")


def holding(answer: Mapping[str, Any] | None) -> str:
    """For how long an answer holds, and who gave it where there are several resolvers."""
    ttl, by = (answer or {}).get("ttl"), (answer or {}).get("by")
    return (f", holds {ttl} s" if ttl else "") + (f", by {by}" if by else "")


def asked_of(lookup: str, domain: str) -> str:
    return QUESTIONS[lookup].asked(domain)


def mailboxes_finding(signals: Signals) -> Finding:
    """Who keeps the mailboxes, with each record that says so, and those that speak for somebody else."""
    told = signals.mailboxes
    if not told:
        return Finding("Mailboxes", NOT_LOOKED, is_known=False)
    lines = [(0, evidence_line(one)) for one in told["rests_on"]]
    lines += [(0, f"But: {evidence_line(one)}") for one in told["also"]]
    lines += [(0, f"Not answered: {one}") for one in told["not_answered"]]
    tenant = f"tenant {told['tenant']}" if told["tenant"] else ""
    is_known = told["provider"] is not None or not signals.mx_hosts
    return Finding("Mailboxes", told["sentence"], tenant, is_known=is_known, more=tuple(lines))


def evidence_line(evidence: Mapping[str, str]) -> str:
    return f"{evidence['asked']} → {evidence['record']}: {evidence['says']}"


def spf_finding(signals: Signals) -> Finding:
    """What receivers make of the SPF record, and where it leads."""
    told = signals.spf_check
    if not told:
        return Finding("SPF holds", NOT_LOOKED, is_known=False)
    noun = "lookup" if told["lookups"] == 1 else "lookups"
    count = f"{'' if told['is_exact'] else 'at least '}{told['lookups']} {noun} ({MOST_LOOKUPS} are allowed)"
    ends = ALL_WORDS.get(told["final_all"], "how it ends is not known")
    lines = [(0, fault) for fault in told["faults"]]
    lines += [(0, f"Not answered: {one}") for one in told["not_known"]]
    lines += [(0, f"Depends on the mail: {one}") for one in told["unknowable"]]
    lines += tree_lines(told["tree"].get("below", []), depth=0)
    words = {
        "sound": f"yes: {count}, {ends}",
        "broken": f"no, receivers refuse the whole record: {'; '.join(told['faults'][:1]) or count}",
        "not_known": f"not known: {count}, {ends}",
    }
    return Finding("SPF holds", words[told["verdict"]], is_known=told["verdict"] != "not_known", more=tuple(lines))


def tree_lines(nodes: Iterable[Mapping[str, Any]], *, depth: int) -> list[tuple[int, str]]:
    """The records that an SPF record leads to, each below the one that names it."""
    lines = []
    for node in nodes:
        state = STATE_WORDS.get(node["state"], node.get("record", ""))
        lines.append((depth, f"{node['how']} {node['name']}: {state}"))
        lines += tree_lines(node.get("below", []), depth=depth + 1)
    return lines


def policy_findings(signals: Signals, domain: str) -> Iterable[Finding]:
    """MTA-STS, TLS reports and BIMI."""
    for lookup, name in POLICY_NAMES.items():
        told = signals.mail_policies.get(lookup)
        if not told:
            yield Finding(name, NOT_LOOKED, is_known=False)
            continue
        note = f": {told['note']}" if told["note"] else ""
        words = {"yes": "yes", "no": f"no{note}", "not_known": f"not known{note}"}[told["state"]]
        asked = asked_of(lookup, domain) + holding(signals.answers.get(lookup))
        is_known = told["state"] != "not_known"
        yield Finding(name, words, told["record"] or "", is_known=is_known, asked=asked)


def newest_words(signals: Signals) -> str:
    """Which lookups the newest scan got no answer to, and why; empty where it was answered in full."""
    newest = signals.unanswered
    answers = newest.get("answers", {})
    return ", ".join(
        f"{fact.upper()} ({reason})"
        for fact in newest.get("not_known", [])
        if fact in LOOKUP_OF_FACT and (reason := unanswered_reason(answers.get(LOOKUP_OF_FACT[fact])))
    )


def unanswered_reason(answer: Mapping[str, Any] | None) -> str:
    """Why a lookup was not answered; of the DKIM selectors the first that was not."""
    told = answer or {}
    one: Mapping[str, Any]
    for one in [told] if "state" in told else told.values():
        if one["state"] == "not_known":
            return str(one["reason"])
    return ""
