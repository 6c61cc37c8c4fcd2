"""What the answers of DNS mean beside the score: who keeps the mailboxes, whether SPF holds, which policies there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leads.answers import Answer, answered, is_known
from leads.lookups import Lookup
from leads.mail_policies import MailPolicy, read_policies
from leads.mailbox_clues import GOOGLE_KEY, SPF_INCLUDES, load_clues
from leads.mailboxes import Mailboxes, Observed, conclude_mailboxes
from leads.scan_answer import DnsLookups
from leads.signals import DnsSignals
from leads.spf import SpfEvaluation, SpfNode


@dataclass(frozen=True, slots=True)
class Conclusions:
    """What is kept beside the signals. `spf` is None where there is no record, or nobody knows of one."""

    mailboxes: Mailboxes
    spf: SpfEvaluation | None
    policies: Mapping[Lookup, MailPolicy]

    def as_dict(self) -> dict[str, Any]:
        """By the names of the columns that keep them."""
        return {
            "mailboxes": self.mailboxes.as_dict(),
            "spf_check": self.spf.as_dict() if self.spf else {},
            "mail_policies": {lookup.value: one.as_dict() for lookup, one in self.policies.items()},
        }


def conclude(lookups: DnsLookups, read: DnsSignals) -> Conclusions:
    """Everything that follows from the answers, each conclusion with the records that it rests on."""
    evidence = lookups.evidence
    answers: dict[str, Answer] = {"txt": evidence.txt, **lookups.beside}
    if is_known(evidence.txt):
        answers[SPF_INCLUDES] = answered(list(own_includes(lookups.spf.tree)) if lookups.spf else [])
    if "google" in evidence.dkim:
        answers[GOOGLE_KEY] = evidence.dkim["google"]
    observed = Observed(
        domain=evidence.domain,
        mx=evidence.mx,
        first_host=read.mx_hosts[0] if read.mx_hosts else "",
        host=read.mx,
        answers=answers,
    )
    return Conclusions(conclude_mailboxes(observed, load_clues()), lookups.spf, read_policies(lookups.beside))


def own_includes(node: SpfNode) -> Iterator[str]:
    """The domains that a record includes itself, or the record it redirects to: not what others include in theirs."""
    for below in node.below:
        if below.how == "redirect":
            yield from own_includes(below)
        else:
            yield below.name
