"""Which domain a value speaks of (domain document, a)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.consumer import shipped_consumer_domains
from leads.domains import ReadAs, Reason, read_domain, shown


@pytest.mark.proves("R8.3")
@pytest.mark.parametrize(
    ("value", "domain"),
    [
        pytest.param("WWW.EXAMPLE.COM", "example.com", id="lower case, without www"),
        pytest.param("  example.com.  ", "example.com", id="outer white space and the trailing dot go"),
        pytest.param("HTTP://Example.COM", "example.com", id="a scheme in any case goes"),
        pytest.param("<https://example.com>", "example.com", id="brackets around the value go"),
        pytest.param("\u201cexample.com\u201d", "example.com", id="quotes around the value go"),
        pytest.param("https://user:pw@www.example.com:8443/p?x=1#y", "example.com", id="of a URL only the host stays"),
        pytest.param("//www.example.com/x", "example.com", id="a URL without a scheme"),
        pytest.param("example.com:8080", "example.com", id="a port goes"),
        pytest.param("example.com/contact", "example.com", id="a path goes"),
        pytest.param("example.com?x=https://other.com", "example.com", id="a query goes"),
        pytest.param("ftp://files.example.com", "files.example.com", id="any scheme"),
        pytest.param("www.a.com.tr / www.b.com.tr", "a.com.tr", id="of several the first, parted by a slash"),
        pytest.param("a.com.tr, b.com.tr", "a.com.tr", id="of several the first, parted by a comma"),
        pytest.param("-; b.com.tr - c.com.tr", "b.com.tr", id="of several the first valid one"),
        pytest.param("yok\nwww.c.com.tr", "c.com.tr", id="line breaks part addresses"),
        pytest.param("mail.example.com", "mail.example.com", id="a subdomain stays"),
        pytest.param("www2.example.com", "www2.example.com", id="only www goes"),
        pytest.param("www.www.example.com", "www.example.com", id="one www goes"),
        pytest.param("www.com", "www.com", id="a dot must be left"),
        pytest.param("müşteri.com.tr", "xn--mteri-kva70e.com.tr", id="letters outside ASCII become punycode"),
        pytest.param("XN--mteri-KVA70E.com.tr", "xn--mteri-kva70e.com.tr", id="punycode stays"),
        pytest.param("ŞİRKET.COM.TR", "xn--irket-idb.com.tr", id="the Turkish capital i is an i"),
        pytest.param("şirket.com.tr", "xn--irket-idb.com.tr", id="the same in lower case"),
        pytest.param("ｗｗｗ．ｅｘａｍｐｌｅ。com", "example.com", id="full-width letters and dots"),
        pytest.param("user@Example.com", "example.com", id="a mail address in a domain field"),
        pytest.param("a@b@example.com", "example.com", id="the last @ counts"),
        pytest.param("mailto:ali@www.example.com", "example.com", id="mailto"),
        pytest.param("mailto:ali@example.com?cc=b@other.com", "example.com", id="what follows the address of a mailto goes"),
        pytest.param("Ali Veli <ali@example.com>", "example.com", id="a name before the address"),
        pytest.param("https://ali@example.com/", "example.com", id="an @ with a scheme is user info"),
        pytest.param("r3---sn.example.com", "r3---sn.example.com", id="hyphens in the third place, as hosts have them"),
    ],
)  # fmt: skip
def test_the_domain_in_a_value(value, domain):
    assert read_domain(value).domain == domain


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param("", Reason.EMPTY, id="empty"),
        pytest.param(None, Reason.EMPTY, id="null"),
        pytest.param("  \t ", Reason.EMPTY, id="white space only"),
        pytest.param("user", Reason.ONE_LABEL, id="one word"),
        pytest.param("user@", Reason.EMPTY, id="nothing after the @"),
        pytest.param("localhost", Reason.ONE_LABEL, id="one label"),
        pytest.param("example.c", Reason.LAST_LABEL, id="the last label has one letter"),
        pytest.param("example.123", Reason.LAST_LABEL, id="the last label has only digits"),
        pytest.param("foo_bar.com", Reason.BAD_CHARACTER, id="an underscore"),
        pytest.param("exa mple.com", Reason.BAD_CHARACTER, id="a plain space is no separator"),
        pytest.param("-bad.com", Reason.BAD_HYPHEN, id="a hyphen at the beginning"),
        pytest.param("bad-.com", Reason.BAD_HYPHEN, id="a hyphen at the end"),
        pytest.param("a..b.com", Reason.EMPTY_LABEL, id="two dots"),
        pytest.param(".example.com", Reason.EMPTY_LABEL, id="a dot at the beginning"),
        pytest.param("a" * 64 + ".com", Reason.LABEL_TOO_LONG, id="a label of 64"),
        pytest.param(".".join(["a" * 62] * 4) + ".com", Reason.TOO_LONG, id="255 characters"),
        pytest.param("192.168.1.10", Reason.ADDRESS, id="an address"),
        pytest.param("10.0.0.12", Reason.ADDRESS, id="another address"),
        pytest.param("https://[2001:db8::1]/", Reason.ONE_LABEL, id="an IPv6 address"),
        pytest.param("\U0001f600.com", Reason.NOT_IDNA, id="a symbol that IDNA 2008 refuses"),
        pytest.param("nan", Reason.PLACEHOLDER, id="nan"),
        pytest.param("N/A", Reason.PLACEHOLDER, id="n/a in any case"),
        pytest.param("WEB SİTESİ", Reason.PLACEHOLDER, id="web sitesi in Turkish capitals"),
        pytest.param("-", Reason.PLACEHOLDER, id="a dash"),
        pytest.param("https://", Reason.EMPTY, id="a scheme alone"),
    ],
)  # fmt: skip
def test_a_value_without_a_domain_says_why(value, reason):
    reading = read_domain(value)

    assert (reading.domain, reading.registrable, reading.reason) == (None, None, reason)


def test_a_domain_of_253_characters_is_valid():
    domain = ".".join(["a" * 62] * 3 + ["b" * 60, "com"])

    assert len(domain) == 253
    assert read_domain(domain).domain == domain


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        pytest.param("ali@example.com", "example.com", id="the part after the @"),
        pytest.param("example.com", None, id="no @ is no mail address"),
        pytest.param("Veli, Ali <ali@example.com>", "example.com", id="a comma in the name"),
        pytest.param("ali@[10.0.0.1]", None, id="an address literal"),
    ],
)
def test_the_domain_in_a_mail_field(value, domain):
    assert read_domain(value, read_as=ReadAs.EMAIL).domain == domain


@pytest.mark.parametrize("domain", sorted(shipped_consumer_domains()))
def test_a_consumer_domain_identifies_no_company(domain):
    reading = read_domain(f"ali@{domain}")

    assert (reading.domain, reading.consumer, reading.identifies_company) == (domain, True, False)


def test_the_shipped_list_has_the_eighteen_and_hunters_additions():
    assert len(shipped_consumer_domains()) == 18 + 13
    assert {"gmail.com", "gmx.com", "ttmail.com", "ya.ru"} <= shipped_consumer_domains()


def test_below_a_consumer_domain_a_company_may_live():
    assert not read_domain("x@mail.gmail.com").consumer


def test_the_list_that_administrators_edit_decides():
    reading = read_domain("a@firm.com", consumer_domains={"firm.com"})

    assert reading.consumer
    assert not read_domain("a@gmail.com", consumer_domains=frozenset()).consumer


@pytest.mark.parametrize(
    ("domain", "registrable"),
    [
        ("shop.example.com", "example.com"),
        ("a.b.example.com.tr", "example.com.tr"),
        ("mail.sehir.bel.tr", "sehir.bel.tr"),
        ("example.co.uk", "example.co.uk"),
        ("alt.xn--mteri-kva70e.com.tr", "xn--mteri-kva70e.com.tr"),
        ("com.tr", None),
    ],
)
def test_the_registrable_domain_stands_beside(domain, registrable):
    assert read_domain(domain).registrable == registrable


def test_people_read_a_domain_in_its_own_letters():
    assert shown("xn--mteri-kva70e.com.tr") == "müşteri.com.tr"
    assert shown("xn--a-9999999.com") == "xn--a-9999999.com"


NOISE = st.text(
    alphabet=st.sampled_from(list("abIİıŞü.-@/:,; <>'\"_0\u0130\u3002\uff0e\u200b\U0001f600%#?www")), max_size=40
)


@pytest.mark.proves("R6.4")
@given(value=st.text(max_size=80) | NOISE, read_as=st.sampled_from(list(ReadAs)))
def test_whatever_comes_gives_a_valid_domain_or_a_reason(value, read_as):
    reading = read_domain(value, read_as=read_as)

    if reading.domain is None:
        assert reading.reason not in {Reason.VALID, Reason.CONSUMER}
        return
    assert reading.domain == reading.domain.lower()
    assert reading.domain.isascii()
    assert len(reading.domain) <= 253
    labels = reading.domain.split(".")
    assert len(labels) >= 2
    assert all(0 < len(label) <= 63 and not label.startswith("-") and not label.endswith("-") for label in labels)


@pytest.mark.proves("R6.4")
@given(value=st.text(max_size=60) | NOISE)
def test_reading_a_domain_again_changes_nothing(value):
    domain = read_domain(value).domain

    if domain is not None and not domain.startswith("www."):  # of several www one goes each time
        assert read_domain(domain).domain == domain


LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@pytest.mark.proves("R6.4")
@given(labels=st.lists(LABELS, min_size=1, max_size=4), ending=st.sampled_from(["com", "com.tr", "co.uk", "de"]))
def test_every_way_to_write_a_domain_gives_the_same(labels, ending):
    domain = ".".join([*labels, ending])
    if domain.startswith("www."):
        return

    ways = [domain.upper(), f"https://www.{domain}/x?y=1", f"a@{domain}", f" {domain}. ", f"//{domain}:8080"]

    assert {read_domain(way).domain for way in ways} == {domain}
