"""What a receiver makes of an SPF record, up to the limits that it keeps to (RFC 7208, 4.6.4).

Pure but for the lookup that it is given. No mail is at hand, so every term counts, as for mail that none matches:
the worst case is what a sender must stay within.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from leads.answers import Absent, Answer, NotKnown, records_of
from leads.spf_terms import SpfTerms, Term, has_macro, read_terms, spf_records

MOST_LOOKUPS = 10
MOST_VOID_LOOKUPS = 2
MOST_MAIL_HOSTS = 10
MOST_SHOWN = 3 * MOST_LOOKUPS  # so many includes stand in the tree, though more are counted
MOST_KEPT = 1000  # characters of a record in the tree; the domain's own is kept in full beside it
MOST_FAULTS = 20  # of a record that is no SPF at all nobody reads more

Lookup = Callable[[str, str], Awaitable[Answer]]
"""Asks for a name and a type of record: TXT, A or MX. Never raises."""

ASKED_FOR = {"include": "TXT", "redirect": "TXT", "a": "A", "exists": "A", "mx": "MX"}
FOLLOWED = frozenset({"include", "redirect"})


class SpfVerdict(StrEnum):
    """Broken means that receivers refuse the whole record (permerror)."""

    SOUND = "sound"
    BROKEN = "broken"
    NOT_KNOWN = "not_known"


class NodeState(StrEnum):
    """What became of a record that another one points to."""

    FOUND = "found"
    ABSENT = "absent"
    NOT_KNOWN = "not_known"
    UNKNOWABLE = "unknowable"
    CIRCLE = "circle"
    NOT_FOLLOWED = "not_followed"


@dataclass(slots=True)
class SpfNode:
    """A record in the tree: the domain's own, or one that it includes or redirects to."""

    how: str
    name: str
    state: NodeState = NodeState.FOUND
    record: str = ""
    terms: SpfTerms | None = None
    lookups: int = 0
    below: list[SpfNode] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The tree as it is kept and shown; `lookups` is what the record's own terms cost."""
        told: dict[str, Any] = {"how": self.how, "name": self.name, "state": self.state.value}
        if self.state is NodeState.FOUND:
            told |= {"record": self.record[:MOST_KEPT], "lookups": self.lookups}
        return told | ({"below": [one.as_dict() for one in self.below]} if self.below else {})


@dataclass(frozen=True, slots=True)
class SpfEvaluation:
    """The result. `lookups` is a lower bound unless `is_exact`; `final_all` is empty without `all`.

    None is not known: for `over_limit` and `final_all` where a part that was not answered decides.
    """

    verdict: SpfVerdict
    lookups: int
    is_exact: bool
    over_limit: bool | None
    void_lookups: int
    final_all: str | None
    faults: tuple[str, ...]
    not_known: tuple[str, ...]
    unknowable: tuple[str, ...]
    tree: SpfNode

    def as_dict(self) -> dict[str, Any]:
        """As it is kept, and shown in the API."""
        return {
            "verdict": self.verdict.value,
            "lookups": self.lookups,
            "is_exact": self.is_exact,
            "over_limit": self.over_limit,
            "void_lookups": self.void_lookups,
            "final_all": self.final_all,
            "faults": list(self.faults),
            "not_known": list(self.not_known),
            "unknowable": list(self.unknowable),
            "tree": self.tree.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Step:
    """A term that has to be asked for. `below` is its place in the tree, where its answer is a record."""

    term: Term
    name: str
    chain: tuple[str, ...]
    below: SpfNode | None


@dataclass(frozen=True, slots=True)
class Visit:
    """A record that is looked at now, with the names that led to it, its own last."""

    node: SpfNode
    terms: SpfTerms
    chain: tuple[str, ...]

    def steps(self) -> Iterator[Step]:
        """Everything in it that costs a lookup, in order; a redirect comes last."""
        costly = [term for term in self.terms.mechanisms if term.costs_a_lookup]
        if self.terms.redirect:
            costly.append(Term(f"redirect={self.terms.redirect}", "redirect", target=self.terms.redirect))
        for term in costly:
            name = term.target or self.node.name
            yield Step(term, name, self.chain, SpfNode(term.name, name) if term.name in FOLLOWED else None)


@dataclass(slots=True)
class Walk:
    """How far an evaluation is: records of one depth are looked at side by side."""

    lookups: int = 0
    void_lookups: int = 0
    is_exact: bool = True
    has_circle: bool = False
    faults: list[str] = field(default_factory=list)
    not_known: list[str] = field(default_factory=list)
    unknowable: list[str] = field(default_factory=list)

    def enter(self, node: SpfNode, *, chain: tuple[str, ...]) -> Visit:
        """Read a record that was found."""
        node.terms = read_terms(node.record)
        self.faults += [f"{node.name}: {error}" for error in node.terms.errors]
        return Visit(node, node.terms, (*chain, node.name))

    def to_ask(self, visit: Visit) -> Iterator[Step]:
        """Count the terms of a record, and give those whose answer would tell more."""
        for step in visit.steps():
            self.lookups += 1
            visit.node.lookups += 1
            if step.below is not None and self.lookups <= MOST_SHOWN:
                visit.node.below.append(step.below)
            left_out = self.why_left_out(step)
            if left_out is None:
                yield step
            elif step.below is not None:
                step.below.state, self.is_exact = left_out, False

    def why_left_out(self, step: Step) -> NodeState | None:
        if has_macro(step.name):
            self.unknowable.append(step.term.text)
            return NodeState.UNKNOWABLE
        if step.below is not None and step.name in step.chain:
            self.has_circle = True
            self.faults.append(f"{step.term.text} in {step.chain[-1]} leads in a circle")
            return NodeState.CIRCLE
        if self.lookups > MOST_LOOKUPS or step.term.name not in ASKED_FOR:
            return NodeState.NOT_FOLLOWED
        return None

    def take(self, step: Step, answer: Answer) -> Visit | None:
        """What an answer means; a record to look at next, where it gave one."""
        if isinstance(answer, Absent):
            self.void_lookups += 1
        if isinstance(answer, NotKnown):
            self.not_known.append(f"{step.term.text}: {answer.reason}")
        if step.below is not None:
            return self.follow(step, step.below, answer)
        if step.term.name == "mx" and len(records_of(answer)) > MOST_MAIL_HOSTS:
            self.faults.append(f"{step.term.text}: more than {MOST_MAIL_HOSTS} mail hosts at {step.name}")
        return None

    def follow(self, step: Step, node: SpfNode, answer: Answer) -> Visit | None:
        if isinstance(answer, NotKnown):
            node.state, self.is_exact = NodeState.NOT_KNOWN, False
            return None
        records = spf_records(records_of(answer))
        if len(records) != 1:
            node.state = NodeState.FOUND if records else NodeState.ABSENT
            node.record = records[0] if records else ""
            self.faults.append(f"{step.term.text}: {len(records) or 'no'} SPF records at {step.name}, one is due")
            return None
        node.record = records[0]
        return self.enter(node, chain=step.chain)


async def evaluate_spf(records: Sequence[str], *, domain: str, lookup: Lookup) -> SpfEvaluation:
    """What receivers make of a domain's SPF; `records` are its own, of which the first is looked at.

    Asks at most ten times, never raises, and always ends: behind the tenth lookup nothing is followed.
    """
    walk, root = Walk(), SpfNode("record", domain, record=records[0])
    if len(records) > 1:
        walk.faults.append(f"{domain}: {len(records)} SPF records, one is due")
    level = [walk.enter(root, chain=())]
    while level:
        steps = [step for visit in level for step in walk.to_ask(visit)]
        answers = await asyncio.gather(*(lookup(step.name, ASKED_FOR[step.term.name]) for step in steps))
        taken = [walk.take(step, answer) for step, answer in zip(steps, answers, strict=True)]
        level = [visit for visit in taken if visit is not None]
    return result_of(walk, root, final_all=final_all(root))


def final_all(node: SpfNode) -> str | None:
    """The qualifier of the `all` that ends a record, or the one it redirects to; None where that is not known."""
    while node.terms is not None and node.terms.all_qualifier is None and node.terms.redirect:
        redirected = [below for below in node.below if below.how == "redirect"]
        if not redirected:
            return None
        node = redirected[0]
    return None if node.terms is None else node.terms.all_qualifier or ""


def result_of(walk: Walk, root: SpfNode, *, final_all: str | None) -> SpfEvaluation:
    """The verdict: an error or a limit that is passed is certain, whatever was not answered."""
    faults = list(dict.fromkeys(walk.faults))[:MOST_FAULTS]
    passes_limit = walk.lookups > MOST_LOOKUPS
    if passes_limit:
        least = "" if walk.is_exact else "at least "
        faults.append(f"it takes {least}{walk.lookups} lookups, {MOST_LOOKUPS} are allowed")
    if walk.void_lookups > MOST_VOID_LOOKUPS:
        faults.append(f"{walk.void_lookups} of its lookups find nothing, {MOST_VOID_LOOKUPS} are allowed")
    otherwise = SpfVerdict.SOUND if walk.is_exact and not walk.not_known else SpfVerdict.NOT_KNOWN
    return SpfEvaluation(
        verdict=SpfVerdict.BROKEN if faults else otherwise,
        lookups=walk.lookups,
        is_exact=walk.is_exact,
        over_limit=True if passes_limit or walk.has_circle else (False if walk.is_exact else None),
        void_lookups=walk.void_lookups,
        final_all=final_all,
        faults=tuple(faults),
        not_known=tuple(dict.fromkeys(walk.not_known)),
        unknowable=tuple(dict.fromkeys(walk.unknowable))[:MOST_FAULTS],
        tree=root,
    )
