"""Answers that scans share: asked once, kept for as long as they hold, and never kept when nobody answered (R7.6)."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from dns.rdatatype import RdataType

from leads.answers import Absent, Found, NotKnown, records_of
from leads.scanning.kept_answers import JITTER, LONGEST_SECONDS, STALE_SECONDS, KeptAnswers
from leads.scanning.resolver import DnsLimits, Resolver
from tests.leads.nameserver import nameserver, reply

PATIENT = DnsLimits(total=60.0, one_try=60.0)  # every question is answered, however slow the machine is
QUICK = DnsLimits(total=0.4, one_try=0.15)  # for a server that is silent
SOA = "com. 60 IN SOA ns.com. host.com. 1 2 3 4 30"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Latest(Random):
    """Chance that always gives the latest end."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def asked(respond, steps):
    """The answers to a name, asked after each of these seconds, and how often the server was asked."""
    clock, count = Clock(), 0

    def counting(query):
        nonlocal count
        count += 1
        return respond(query)

    async def ask():
        async with nameserver(counting) as server:
            kept = KeptAnswers(Resolver([server], limits=PATIENT), clock=clock, rng=Latest())
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
        pytest.param(60, [0, 60 + STALE_SECONDS], 2, id="its time has long passed"),
        pytest.param(86400, [0, LONGEST_SECONDS - 1], 1, id="a long time"),
        pytest.param(86400, [0, LONGEST_SECONDS + STALE_SECONDS], 2, id="never longer than five minutes"),
        pytest.param(0, [0, 0], 2, id="not at all"),
    ],
)
def test_an_answer_is_kept_for_as_long_as_it_holds(ttl, steps, count):
    answers, times = asked(lambda q: [reply(q, f'spf.sender.com. {ttl} IN TXT "v=spf1 -all"')], steps)

    assert answers == [Found(("v=spf1 -all",), ttl=ttl)] * len(steps)
    assert times == count


def test_an_absence_is_kept_for_as_long_as_its_soa_says():
    answers, times = asked(lambda q: [reply(q, rcode="NXDOMAIN", authority=(SOA,))], [0, 29, 30 + STALE_SECONDS])

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
            kept = KeptAnswers(Resolver([server], limits=PATIENT))
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


@pytest.mark.proves("R7.6")
def test_just_past_its_time_the_old_answer_is_given_while_one_question_is_asked_anew():
    texts, clock, queries = iter(["old", "new"]), Clock(), []

    async def ask():
        asked_anew = asyncio.Event()

        def respond(query):
            queries.append(query)
            if len(queries) == 2:
                asked_anew.set()
            return [reply(query, f'spf.sender.com. 60 IN TXT "{next(texts)}"')]

        async with nameserver(respond) as server:
            kept = KeptAnswers(Resolver([server], limits=PATIENT), clock=clock, rng=Latest())
            await kept.lookup("spf.sender.com", RdataType.TXT)
            clock.now = 61
            meanwhile = [await kept.lookup("spf.sender.com", RdataType.TXT) for _ in range(3)]
            await asked_anew.wait()
            clock.now = 61 + STALE_SECONDS  # past this whoever asks waits for the new one
            return meanwhile, await kept.lookup("spf.sender.com", RdataType.TXT)

    meanwhile, anew = asyncio.run(ask())

    assert [records_of(answer) for answer in meanwhile] == [("old",)] * 3
    assert (records_of(anew), len(queries)) == (("new",), 2)


@pytest.mark.proves("R7.6")
def test_an_old_answer_is_given_for_half_a_minute_where_the_question_fails_anew():
    times = iter(range(9))

    def respond(query):
        return [reply(query, *(['spf.sender.com. 60 IN TXT "old"'] if not next(times) else []), rcode=rcodes.pop(0))]

    rcodes = ["NOERROR", *["SERVFAIL"] * 8]
    answers, _ = asked(respond, [0, 60, 61, 60 + STALE_SECONDS])

    assert [type(answer) for answer in answers] == [Found, Found, Found, NotKnown]


@pytest.mark.proves("R7.6")
def test_answers_that_came_together_end_by_chance_up_to_a_sixth_sooner():
    clock, address = Clock(), "192.0.2.1"

    async def ask():
        nonlocal address
        async with nameserver(lambda q: [reply(q, f"{q.question[0].name} 60 IN A {address}")]) as server:
            kept = KeptAnswers(Resolver([server], limits=PATIENT), clock=clock, rng=Random(1))
            hosts = [f"mx{n}.sender.com" for n in range(20)]
            for host in hosts:
                await kept.lookup(host, RdataType.A)
            address, news = "192.0.2.2", []
            for clock.now in (60 * (1 - JITTER) - 0.1, 60 * (1 - JITTER / 2) + STALE_SECONDS):
                answers = [await kept.lookup(host, RdataType.A) for host in hosts]
                news.append(sum(records_of(answer) == ("192.0.2.2",) for answer in answers))
            return news

    first, then = asyncio.run(ask())

    assert first == 0
    assert 0 < then < 20
