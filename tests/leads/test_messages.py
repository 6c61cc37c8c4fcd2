"""Messages on the wire are read as dnspython reads them, and no bytes whatever break more than their own question."""

from __future__ import annotations

import asyncio
import contextlib

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rrset
import pytest
from dns.rdataclass import RdataClass
from dns.rdatatype import RdataType
from hypothesis import given
from hypothesis import strategies as st

from leads.scanning import messages
from leads.scanning.messages import Malformed, question_for, read_response
from leads.scanning.resolver import answer_in
from leads.scanning.turns import Turns

labels = st.one_of(
    st.from_regex(r"[a-zA-Z0-9_-]{1,63}", fullmatch=True), st.binary(min_size=1, max_size=20).map(lambda raw: raw)
)
names = st.lists(labels, max_size=4).map(
    lambda parts: dns.name.Name([*(part.encode() if isinstance(part, str) else part for part in parts), b""])
)
hosts = names.map(lambda name: name.to_text())
data = st.one_of(
    st.tuples(st.just("A"), st.ip_addresses(v=4).map(str)),
    st.tuples(st.just("AAAA"), st.ip_addresses(v=6).map(str)),
    st.tuples(st.sampled_from(["NS", "CNAME", "PTR"]), hosts),
    st.tuples(st.just("MX"), st.tuples(st.integers(0, 65535), hosts).map(lambda pair: f"{pair[0]} {pair[1]}")),
    st.tuples(st.just("SOA"), st.tuples(hosts, hosts).map(lambda pair: f"{pair[0]} {pair[1]} 1 2 3 4 5")),
)
records = st.tuples(names, st.integers(0, 2**31 - 1), data)


def rrset(record):
    name, ttl, (kind, text) = record
    return dns.rrset.from_text(name, ttl, "IN", kind, text)


def text_of(name):
    return "" if name == dns.name.root else name.to_text(omit_final_dot=True).lower()


def as_dnspython(message):
    """Every record of a section, as our reader tells it."""
    return [(text_of(rrset.name), int(rrset.rdtype), rrset.ttl) for rrset in message for _ in rrset]


@given(names, st.lists(records, max_size=5), st.lists(records, max_size=2), st.sampled_from([0, 2, 3, 5]))
def test_a_response_is_read_as_dnspython_reads_it(name, answer, authority, rcode):
    message = dns.message.make_response(dns.message.make_query(name, "A", use_edns=0))
    message.set_rcode(dns.rcode.Rcode(rcode))
    message.answer, message.authority = [rrset(one) for one in answer], [rrset(one) for one in authority]
    wire = message.to_wire(max_size=65535)

    read = read_response(wire)

    assert (read.rcode, read.is_truncated) == (rcode, False)
    for ours, theirs in ((read.answer, message.answer), (read.authority, message.authority)):
        assert [(one.name, one.kind, one.ttl) for one in ours] == as_dnspython(theirs)
    for one, theirs in zip(read.answer, [item for rows in message.answer for item in rows], strict=True):
        if theirs.rdtype in {RdataType.NS, RdataType.CNAME}:
            assert messages.host_in(read, one) == text_of(theirs.target)
        elif theirs.rdtype == RdataType.MX:
            assert messages.mail_host_in(read, one) == (theirs.preference, text_of(theirs.exchange))
        elif theirs.rdtype == RdataType.A:
            assert messages.address_in(read, one) == theirs.address
        else:
            assert dns.rdata.from_text("IN", theirs.rdtype, messages.any_data_in(read, one)) == theirs


@given(names, st.sampled_from(list(RdataType)[:20]), st.integers(0, 65535), st.booleans())
def test_a_query_is_what_dnspython_would_send(name, kind, number, with_options):
    wire = messages.query(question_for(name.to_text(), kind), number=number, with_options=with_options)

    read = dns.message.from_wire(wire)

    assert (read.id, read.flags, read.edns >= 0) == (number, dns.flags.RD, with_options)
    assert (read.question[0].name, read.question[0].rdtype) == (name, kind)
    assert not with_options or read.payload == messages.UDP_PAYLOAD


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(junk):
    question = question_for("firm.com", RdataType.TXT)
    wire = b"\x00\x01\x81\x80\x00\x01\x00\x02\x00\x01\x00\x00" + question + junk

    assert messages.is_answer_to(wire, question, number=1)
    with contextlib.suppress(Malformed):
        answer_in(read_response(wire), "firm.com", RdataType.TXT)


@given(st.binary(max_size=40))
def test_what_is_too_short_or_another_s_is_no_answer(junk):
    assert not messages.is_answer_to(junk, question_for("firm.com", RdataType.A), number=1)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(b"\xc0\x0c", id="to itself"),
        pytest.param(b"\x01a\xc0\x20", id="forwards"),
        pytest.param(b"\x7fa", id="a label of a kind that there is not"),
        pytest.param(b"\x3f" + b"a" * 10, id="cut off"),
        pytest.param((b"\x3f" + b"a" * 63) * 5 + b"\0", id="too long"),
    ],
)
def test_a_name_that_leads_nowhere_is_malformed(name):
    wire = b"\x00\x01\x81\x80\x00\x00\x00\x01\x00\x00\x00\x00" + name

    with pytest.raises(Malformed):
        read_response(wire)


@pytest.mark.parametrize(
    "name", ["a..b", ".", "x" * 64 + ".com", ".".join(["a" * 60] * 5), "bücher.example", "a\\.b.com", "Firm.COM."]
)
def test_a_name_in_any_letters_is_asked_as_dnspython_asks_it(name):
    try:
        expected = dns.name.from_text(name).canonicalize().to_wire()
    except dns.exception.DNSException:
        with pytest.raises(dns.exception.DNSException):
            question_for(name, RdataType.A)
        return

    assert question_for(name, RdataType.A)[:-4] == expected


def test_records_of_another_class_are_no_answer():
    query = dns.message.make_query("firm.com", "A")
    response = dns.message.make_response(query)
    response.answer = [dns.rrset.from_text("firm.com.", 300, RdataClass.CH, "TXT", '"other"')]

    assert read_response(response.to_wire()).answer == ()


def test_turns_are_handed_over_in_order_and_none_is_lost():
    async def take_turns():
        turns, order = Turns(1), []

        async def one(name):
            await turns.take()
            order.append(name)
            turns.give_back()

        await turns.take()
        tasks = [asyncio.ensure_future(one(name)) for name in "abcd"]
        await asyncio.sleep(0)
        tasks[0].cancel()
        turns.give_back()
        tasks[1].cancel()  # it has just been given its turn
        await asyncio.gather(*tasks, return_exceptions=True)
        await turns.take()
        return order

    assert asyncio.run(take_turns()) == ["c", "d"]
