"""Answers that scans share: asked once, kept for as long as they hold, and never kept when nobody answered (R7.6)."""

from __future__ import annotations

import asyncio

import pytest
from dns.rdatatype import RdataType

from leads.answers import Absent, Found, NotKnown
from leads.scanning.kept_answers import LONGEST_SECONDS, KeptAnswers
from leads.scanning.resolver import DnsLimits, Resolver
from tests.leads.nameserver import nameserver, reply

QUICK = DnsLimits(total=0.4, one_try=0.15)
SOA = "com. 60 IN SOA ns.com. host.com. 1 2 3 4 30"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(respond, steps):
    """The answers to a name, asked after each of these seconds, and how often the server was asked."""
    clock, count = Clock(), 0

    def counting(query):
        nonlocal count
        count += 1
        return respond(query)

    async def ask():
        async with nameserver(counting) as server:
            kept = KeptAnswers(Resolver([server], limits=QUICK), clock=clock)
            answers = []
            for seconds in steps:
                clock.now = seconds
                answers.append(await kept.lookup("Spf.Sender.com", RdataType.TXT))
            return answers

    return asyncio.run(ask()), count


@pytest.mark.parametrize(
    ("ttl", "steps", "count"),
    [
        pytest.param(60, [0, 59], 1, id="it still holds"),
        pytest.param(60, [0, 60], 2, id="its time has passed"),
        pytest.param(86400, [0, LONGEST_SECONDS - 1], 1, id="a long time"),
        pytest.param(86400, [0, LONGEST_SECONDS], 2, id="never longer than five minutes"),
        pytest.param(0, [0, 0], 2, id="not at all"),
    ],
)
def test_an_answer_is_kept_for_as_long_as_it_holds(ttl, steps, count):
    answers, times = asked(lambda q: [reply(q, f'spf.sender.com. {ttl} IN TXT "v=spf1 -all"')], steps)

    assert answers == [Found(("v=spf1 -all",), ttl=ttl)] * len(steps)
    assert times == count


def test_an_absence_is_kept_for_as_long_as_its_soa_says():
    answers, times = asked(lambda q: [reply(q, rcode="NXDOMAIN", authority=(SOA,))], [0, 29, 30])

    assert (answers, times) == ([Absent("nxdomain")] * 3, 2)
    assert answers[0].ttl == 30


def test_what_nobody_answered_is_asked_again():
    answers, times = asked(lambda q: [reply(q, rcode="SERVFAIL")], [0, 0])

    assert (answers, times) == ([NotKnown("servfail")] * 2, 2)


@pytest.mark.proves("R7.6")
def test_many_who_ask_at_a_time_are_one_question():
    queries = []

    def respond(query):
        queries.append(query)
        return [reply(query, 'spf.sender.com. 60 IN TXT "v=spf1 -all"')]

    async def ask():
        async with nameserver(respond) as server:
            kept = KeptAnswers(Resolver([server], limits=QUICK))
            return await asyncio.gather(*(kept.lookup("spf.sender.com", RdataType.TXT) for _ in range(50)))

    answers = asyncio.run(ask())

    assert (len(answers), len(queries)) == (50, 1)


def test_who_gives_up_waiting_takes_the_answer_away_from_nobody():
    async def ask():
        arrived = asyncio.Event()

        def silent(query):
            arrived.set()
            return []

        async with nameserver(silent) as server:
            kept = KeptAnswers(Resolver([server], limits=QUICK))
            impatient = asyncio.ensure_future(kept.lookup("spf.sender.com", RdataType.TXT))
            patient = asyncio.ensure_future(kept.lookup("spf.sender.com", RdataType.TXT))
            await arrived.wait()
            impatient.cancel()
            return await patient

    assert asyncio.run(ask()) == NotKnown("timeout")
