"""Which domain a value speaks of (domain document, a)."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.addresses import LONGEST_CELL
from leads.consumer import shipped_consumer_domains
from leads.domains import ReadAs, Reason, read_domain, shown_domain
from leads.suffixes import organizational_domain, registrable_part


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
        pytest.param("http:example.com", "example.com", id="a scheme without slashes"),
        pytest.param("http:/example.com", "example.com", id="a scheme with one slash"),
        pytest.param("http:\\\\www.example.com\\page", "example.com", id="backslashes"),
        pytest.param("http//www.example.com", "example.com", id="a scheme without its colon"),
        pytest.param("http;//www.example.com", "example.com", id="a scheme with another sign for its colon"),
        pytest.param("http://https://www.example.com/", "example.com", id="two schemes"),
        pytest.param("https%3A%2F%2Fwww.example.com%2Fx", "example.com", id="a web address that was encoded whole"),
        pytest.param("https://www%2Eex%61mple.com/", "example.com", id="a host with encoded letters"),
        pytest.param("https://m%C3%BC%C5%9Fteri.com.tr/", "xn--mteri-kva70e.com.tr", id="encoded letters outside ASCII"),
        pytest.param("https://evil.com%2F@example.com/", "example.com", id="an encoded slash in the user info"),
        pytest.param("https://a@b@example.com/", "example.com", id="two @ in a web address"),
        pytest.param("example.com..", "example.com", id="two trailing dots"),
        pytest.param("https://example.com.:443/x", "example.com", id="a trailing dot before the port"),
        pytest.param("https://example.com:/x", "example.com", id="a colon without a port"),
        pytest.param("example.com?", "example.com", id="a question mark"),
        pytest.param("www.com.tr", "www.com.tr", id="a name must be left before a public suffix"),
        pytest.param("www.co.uk", "www.co.uk", id="the same in the United Kingdom"),
        pytest.param("shop.github.io", "shop.github.io", id="a host on a platform is its own"),
        pytest.param("github.io", "github.io", id="the platform is somebody's"),
        pytest.param("stra\u00dfe.de", "xn--strae-oqa.de", id="\u00df stays itself"),
        pytest.param("stra\u1e9ee.de", "xn--strae-oqa.de", id="so does the capital"),
        pytest.param("ISPARTA.com.tr", "isparta.com.tr", id="a capital I is an i"),
        pytest.param("\u0131\u015f\u0131k.com.tr", "xn--k-ekaa7p.com.tr", id="an \u0131 stays itself"),
        pytest.param("i\u0307stanbul.com.tr", "istanbul.com.tr", id="an \u0130 that other software made small"),
        pytest.param("mu\u0308ller.de", "xn--mller-kva.de", id="a letter and its mark apart"),
        pytest.param("\u0430pple.com", "xn--pple-43d.com", id="letters of two scripts are a domain of their own"),
        pytest.param("\ufeff\u200eexample.com\u200f\u00a0", "example.com", id="invisible marks around"),
        pytest.param("exam\u00adple.com", "example.com", id="a soft hyphen inside"),
        pytest.param("\u3000example.com\u3000", "example.com", id="a space of full width"),
        pytest.param("\u00abexample.com\u00bb", "example.com", id="French quotes"),
        pytest.param("'\"example.com\"'", "example.com", id="quotes in quotes"),
        pytest.param("(example.com)", "example.com", id="round brackets"),
        pytest.param("[example.com](https://example.com/x)", "example.com", id="a link as wikis write it"),
        pytest.param("example.com (closed)", "example.com", id="a remark behind it"),
        pytest.param("Ali Veli (ali@example.com)", "example.com", id="an address as a remark"),
        pytest.param("Web: www.example.com", "example.com", id="a word before it"),
        pytest.param("E-posta : ali@example.com", "example.com", id="a Turkish word before it"),
        pytest.param("\u2022 example.com", "example.com", id="a bullet before it"),
        pytest.param("Firm <https://www.example.com/>", "example.com", id="a name before a web address"),
        pytest.param("\"Veli <old@other.com>\" <ali@example.com>", "example.com", id="brackets in the name"),
        pytest.param("a.com | b.com", "a.com", id="a stroke parts addresses"),
        pytest.param("a.com\tb.com", "a.com", id="a tabulator parts addresses"),
        pytest.param("none & b.com", "b.com", id="an ampersand parts addresses"),
        pytest.param("yok ve b.com", "b.com", id="a Turkish and parts addresses"),
        pytest.param("a.com\uff0cb.com", "a.com", id="a comma of full width parts addresses"),
        pytest.param("com.tr, firm.com.tr", "firm.com.tr", id="a public suffix is not the first valid one"),
        pytest.param("ali\uff20example\uff0ecom", "example.com", id="an @ of full width"),
        pytest.param("\"a@evil.com, b\"@example.com", "example.com", id="a quoted local part with a comma and an @"),
        pytest.param("\"evil.com,x\"@example.com", "example.com", id="a quoted local part that looks like a domain"),
        pytest.param("ali(at work)@example.com", "example.com", id="a comment in a mail address"),
        pytest.param("ali@(work)example.com", "example.com", id="a comment before the host"),
        pytest.param("ali@example.com (Ali (the) Veli)", "example.com", id="a comment in a comment"),
        pytest.param("mailto:a@one.com,b@two.com", "one.com", id="a mailto with several addresses"),
        pytest.param("mailto:?to=ali@example.com&subject=x", "example.com", id="a mailto with its address behind"),
        pytest.param("mailto:ali%40example.com", "example.com", id="a mailto with an encoded @"),
        pytest.param("mailto:ali@example.com?body=https://other.com/x", "example.com", id="a mailto with a text"),
        pytest.param("Team: ali@one.com, veli@two.com;", "one.com", id="a group of mail addresses"),
        pytest.param("example.com/@firm", "example.com", id="an @ in a path"),
        pytest.param("www.example.com/contact?mail=x@other.com", "example.com", id="a mail address in a query"),
        pytest.param("a/b@example.com", "example.com", id="a slash in a local part"),
        pytest.param("ali+x@example.com/", "example.com", id="a slash behind a mail address"),
        pytest.param("https://example.com/" + "a" * 20_000, "example.com", id="an endless path"),
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
        pytest.param("https://[2001:db8::1]/", Reason.ADDRESS, id="an IPv6 address"),
        pytest.param("[2001:db8::1]:8080", Reason.ADDRESS, id="an IPv6 address with a port"),
        pytest.param("2001:db8::1", Reason.ADDRESS, id="an IPv6 address without brackets"),
        pytest.param("::1", Reason.ADDRESS, id="this machine"),
        pytest.param("ali@[10.0.0.1]", Reason.ADDRESS, id="a mail address at an address"),
        pytest.param("ali@[IPv6:2001:db8::1]", Reason.ADDRESS, id="a mail address at an IPv6 address"),
        pytest.param("192.168.1.10:8080", Reason.ADDRESS, id="an address with a port"),
        pytest.param("http://192.168.1.10./x", Reason.ADDRESS, id="an address with a trailing dot"),
        pytest.param("999.1.1.1", Reason.ADDRESS, id="an address with a wrong number"),
        pytest.param("com.tr", Reason.PUBLIC_SUFFIX, id="a public suffix"),
        pytest.param("info@co.uk", Reason.PUBLIC_SUFFIX, id="a public suffix in a mail address"),
        pytest.param("https://gov.mx/", Reason.PUBLIC_SUFFIX, id="a public suffix of the document's table"),
        pytest.param("\u516c\u53f8.cn", Reason.PUBLIC_SUFFIX, id="a public suffix in Chinese"),
        pytest.param("server.firm.local", Reason.PRIVATE_NETWORK, id="a private network"),
        pytest.param("admin@mail.internal", Reason.PRIVATE_NETWORK, id="a private network in a mail address"),
        pytest.param("4.3.2.1.in-addr.arpa", Reason.PRIVATE_NETWORK, id="a reverse name"),
        pytest.param("shop.firm.onion", Reason.PRIVATE_NETWORK, id="a hidden service"),
        pytest.param("router.lan", Reason.PRIVATE_NETWORK, id="a router"),
        pytest.param("app.localhost", Reason.PRIVATE_NETWORK, id="a name of this machine"),
        pytest.param("mail.localdomain", Reason.PRIVATE_NETWORK, id="a machine that nobody has set up"),
        pytest.param("firm.invalid", Reason.PRIVATE_NETWORK, id="a name that stands for none"),
        pytest.param("xn--a-9999999.com", Reason.NOT_IDNA, id="punycode that can't be read"),
        pytest.param("xn--ls8h.la", Reason.NOT_IDNA, id="punycode of an emoji, as the emoji itself"),
        pytest.param("xn--example-.com", Reason.NOT_IDNA, id="punycode of plain letters"),
        pytest.param("\u05d0a.com", Reason.NOT_IDNA, id="letters of both directions in one label"),
        pytest.param("\u0301a.com", Reason.NOT_IDNA, id="a mark without a letter below"),
        pytest.param("https://exa%00mple.com", Reason.BAD_CHARACTER, id="an encoded null byte"),
        pytest.param("https://exa%ffmple.com", Reason.BAD_CHARACTER, id="encoded bytes that are no text"),
        pytest.param("https://evil.com%2F@", Reason.EMPTY, id="user info and no host"),
        pytest.param("evil%2Fexample.com", Reason.BAD_CHARACTER, id="an encoded slash is no path"),
        pytest.param("*.example.com", Reason.BAD_CHARACTER, id="a wildcard"),
        pytest.param("Tel: 0212 555 01 00", Reason.ONE_LABEL, id="a telephone number"),
        pytest.param("mailto:", Reason.EMPTY, id="mailto and nothing"),
        pytest.param("a" * 5000 + ".com", Reason.TOO_LONG, id="five thousand letters"),
        pytest.param("ali@" + "ü" * 3000 + ".com", Reason.TOO_LONG, id="three thousand letters of another script"),
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


PLACEHOLDERS = ["nan", "n/a", "na", "none", "null", "web sitesi", "website", "web", "http", "https", "-", "yok"]


@pytest.mark.parametrize("word", PLACEHOLDERS)
@pytest.mark.parametrize("read_as", [ReadAs.DOMAIN, ReadAs.WEBSITE])
def test_a_placeholder_of_the_document_is_no_domain_in_any_case(word, read_as):
    readings = [read_domain(one, read_as=read_as) for one in (word, word.upper(), word.title(), f" {word} ")]

    assert {(one.domain, one.reason) for one in readings} == {(None, Reason.PLACEHOLDER)}


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


EIGHTEEN = """
gmail.com outlook.com hotmail.com yahoo.com yahoo.co.uk ymail.com aol.com icloud.com me.com mac.com live.com msn.com
protonmail.com proton.me zoho.com mail.com yandex.com gmx.com
"""
ADDITIONS = """
googlemail.com yandex.ru yandex.com.tr hotmail.com.tr outlook.com.tr windowslive.com mynet.com gmx.de gmx.net
yahoo.com.tr ya.ru superonline.com ttmail.com
"""


def test_the_shipped_list_has_the_eighteen_and_hunters_additions():
    assert shipped_consumer_domains() == set(EIGHTEEN.split()) | set(ADDITIONS.split())


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
        ("shop.github.io", "github.io"),
    ],
)
def test_the_registrable_domain_stands_beside(domain, registrable):
    assert read_domain(domain).registrable == registrable


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        pytest.param("xn--mteri-kva70e.com.tr", "müşteri.com.tr", id="its own letters"),
        pytest.param("xn--a-9999999.com", "xn--a-9999999.com", id="what can't be read stays"),
        pytest.param("xn--pple-43d.com", "xn--pple-43d.com", id="Latin with a Cyrillic а is made to deceive"),
        pytest.param("xn--80ak6aa92e.com", "аррӏе.com", id="one script alone is shown"),
        pytest.param("xn--wgv71a119e.jp", "日本語.jp", id="Japanese"),
        pytest.param("xn--a-eka4cua.com", "xn--a-eka4cua.com", id="what is no label stays"),
    ],
)
def test_people_read_a_domain_in_its_own_letters_unless_they_deceive(domain, words):
    assert shown_domain(domain) == words


@pytest.mark.parametrize(
    ("value", "registrable", "organizational"),
    [
        pytest.param("a.b.example.com.tr", "example.com.tr", "example.com.tr", id="one and the same as a rule"),
        pytest.param(
            "a.shop.github.io", "github.io", "shop.github.io", id="firms on a platform inherit nothing from it"
        ),
        pytest.param("a.firm.gov.mx", "firm.gov.mx", "firm.gov.mx", id="the document's own suffixes"),
        pytest.param("github.io", "github.io", "github.io", id="the platform itself"),
    ],
)
def test_who_registers_and_whose_mail_policy_counts_are_two_questions(value, registrable, organizational):
    assert (registrable_part(value), organizational_domain(value)) == (registrable, organizational)


ALPHABET = list("abIİıŞü.-@/:,; <>'\"_0()[]\\|&\u0130\u0307\u3002\uff0e\uff20\u200b\u0430\u05d0\U0001f600%#?www")
PIECES = [
    "http://",
    "https:",
    "mailto:",
    "www.",
    "com.tr",
    "firm.com",
    "xn--mteri-kva70e",
    "xn--",
    "%40",
    "%2e",
    "a@b.de",
    " - ",
    "<",
    ">",
]
NOISE = st.text(alphabet=st.sampled_from(ALPHABET), max_size=40) | st.lists(
    st.sampled_from(PIECES + ALPHABET), max_size=12
).map("".join)


def as_domains_are_written(text):
    """The documented mapping, letter by letter: quoted letters of URLs, UTS 46, small letters, composed."""
    letters = []
    for letter in unicodedata.normalize("NFC", text):
        try:
            letters.append(idna.uts46_remap("i" if letter == "\u0130" else letter, std3_rules=False))
        except UnicodeError:
            letters.append(letter)
    return unicodedata.normalize("NFC", "".join(letters)).lower().replace("i\u0307", "i")


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


@pytest.mark.proves("R6.4")
@given(value=st.text(max_size=60) | NOISE, read_as=st.sampled_from(list(ReadAs)))
def test_every_label_of_a_domain_stands_in_the_value(value, read_as):
    domain = read_domain(value, read_as=read_as).domain
    if domain is None:
        return

    told = [as_domains_are_written(text) for text in (value, unquote(value), unquote(unquote(value)))]

    for label in domain.split("."):
        own = idna.decode(label) if label.startswith("xn--") else label
        assert any(own in text or label in text for text in told)


def test_a_domain_that_was_cut_off_with_a_long_cell_is_not_read():
    assert len("yok;" * 2046 + "firm.com") == LONGEST_CELL

    assert read_domain("yok;" * 2046 + "firm.com.tr").domain is None
    assert read_domain("yok;" * 2040 + "firm.com.tr" + "," * 100).domain == "firm.com.tr"


@pytest.mark.parametrize("sign", ['"', '\\"', "<", "(", "@", "\u200b", "a:", "http://", "%40", "\u0307"])
def test_the_time_to_read_grows_with_the_length_and_no_faster(sign):
    """A cell of a megabyte is read as quickly as one of a page."""
    assert read_domain(sign * 1_000_000).domain is None
    assert read_domain(f"firm.com, {sign * 1_000_000}").domain == "firm.com"


LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)


@pytest.mark.proves("R6.4")
@given(labels=st.lists(LABELS, min_size=1, max_size=4), ending=st.sampled_from(["com", "com.tr", "co.uk", "de"]))
def test_every_way_to_write_a_domain_gives_the_same(labels, ending):
    domain = ".".join([*labels, ending])
    if domain.startswith("www."):
        return

    ways = [domain.upper(), f"https://www.{domain}/x?y=1", f"a@{domain}", f" {domain}. ", f"//{domain}:8080"]

    assert {read_domain(way).domain for way in ways} == {domain}
