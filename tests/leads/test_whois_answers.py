"""What registries write over WHOIS, format by format, and what is made of everything else (b.3, contract 8.9)."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.answers import Absent, NotKnown
from leads.scan_answer import Registration, RegistrationSource, Throttled
from leads.scanning.days import day_in
from leads.scanning.whois import decoded
from leads.scanning.whois_answers import WhoisReading, read_root_referral, read_whois
from leads.scanning.whois_formats import whois_formats
from tests.leads import whois_texts


def answer(text, domain="firm.com"):
    return read_whois(text, domain=domain).answer


def servers_of(domain):
    return (f"ns1.{domain}", f"ns2.{domain}")


@pytest.mark.parametrize(
    ("text", "domain", "registrar", "created", "expires", "nameservers"),
    [
        pytest.param(
            whois_texts.TR, "ornekfirma.com.tr", "Örnek Kayıt Kuruluşu A.Ş.", date(2007, 1, 8), date(2027, 1, 7),
            servers_of("ornek.example"), id="tr: starred headings, dots before the colon, a dot after the date",
        ),
        pytest.param(
            whois_texts.TR_OLD, "eski.com.tr", "Ornek Kayit", None, None, ("ns1.ornek.example",),
            id="tr: an older answer, with a contact that has an organization too",
        ),
        pytest.param(
            whois_texts.RU, "firma.ru", "PRIMER-RU", date(1997, 9, 23), date(2026, 9, 30), servers_of("firma.ru"),
            id="ru: paid-till, name servers with addresses; free-date is another day",
        ),
        pytest.param(
            whois_texts.CN, "gongsi.com.cn", "示例注册商有限公司", date(2003, 3, 17), date(2027, 3, 17),
            servers_of("gongsi.example"), id="cn: registration time, sponsoring registrar",
        ),
        pytest.param(
            whois_texts.MX, "empresa.mx", "Registrador Ejemplo, S.A.", date(2009, 5, 12), date(2027, 5, 11),
            servers_of("empresa.example"), id="mx: name servers below a heading, each labelled",
        ),
        pytest.param(
            whois_texts.UK, "firm.co.uk", "Example Names Ltd t/a Names", date(1999, 11, 26), date(2027, 11, 26),
            servers_of("names.example"), id="uk: values below their labels, the registrar's tag goes",
        ),
        pytest.param(
            whois_texts.DE, "firma.de", "", None, None, servers_of("firma.example"), id="de: name servers alone",
        ),
        pytest.param(
            whois_texts.BR, "firma.com.br", "", date(1999, 5, 18), date(2027, 5, 18), servers_of("firma.com.br"),
            id="br: dates without separators, a contact's own date below",
        ),
        pytest.param(
            whois_texts.FR, "firme.fr", "EXEMPLE", date(2000, 6, 1), date(2027, 1, 31), servers_of("exemple.example"),
            id="fr: a block about the registrar has a date of its own",
        ),
        pytest.param(
            whois_texts.COM, "firm.com", "Example Names, LLC", date(1995, 8, 14), date(2027, 8, 13), servers_of("firm.com"),
            id="com: capitals, and a notice that speaks of an expiration date",
        ),
        pytest.param(
            whois_texts.JP, "kaisha.jp", "", date(2001, 3, 26), date(2027, 3, 31), servers_of("kaisha.example"),
            id="jp: labels in brackets",
        ),
        pytest.param(
            whois_texts.CO_JP, "kaisha.co.jp", "", date(1998, 5, 12), None, ("ns1.kaisha.example",),
            id="co.jp: labels with a letter before them",
        ),
        pytest.param(
            whois_texts.KR, "hoesa.kr", "Yesi Agency(http://yesi.example)", date(1999, 5, 31), date(2027, 5, 31),
            ("ns1.hoesa.example",), id="kr: dates with dots and spaces",
        ),
        pytest.param(
            whois_texts.IT, "ditta.it", "Esempio s.r.l.", date(1999, 12, 10), date(2027, 4, 21),
            servers_of("esempio.example"), id="it: headings without a colon, the registrant has an organization too",
        ),
        pytest.param(
            whois_texts.PL, "firma.pl", "Przykład Sp. z o.o.", date(1999, 4, 28), date(2027, 4, 27),
            servers_of("firma.example"), id="pl: a list that begins on its label's line, the registrar on the next",
        ),
        pytest.param(
            whois_texts.BE, "firma.be", "Voorbeeld NV", date(2000, 12, 12), None, servers_of("voorbeeld.example"),
            id="be: tabs, a date with the name of its day",
        ),
        pytest.param(
            whois_texts.NL, "firma.nl", "Voorbeeld B.V.", date(1999, 5, 27), None, servers_of("voorbeeld.example"),
            id="nl: the registrar's address below its name",
        ),
        pytest.param(
            whois_texts.FI, "firma.fi", "Esimerkki Oy", date(1991, 1, 1), date(2027, 8, 31), servers_of("firma.example"),
            id="fi: days before months",
        ),
        pytest.param(
            whois_texts.CZ, "firma.cz", "REG-PRIKLAD", date(1999, 7, 21), date(2027, 7, 23), (),
            id="cz: name servers are in a block about something else",
        ),
        pytest.param(
            whois_texts.HK, "firm.com.hk", "Example Hong Kong Ltd", date(1999, 11, 2), date(2027, 3, 29),
            servers_of("firm.example"), id="hk: an empty line between a heading and what stands below it",
        ),
        pytest.param(
            whois_texts.TW, "firm.com.tw", "Example Co., Ltd.", date(1999, 5, 31), date(2027, 5, 31),
            servers_of("firm.example"), id="tw: labels without a colon",
        ),
    ],
)  # fmt: skip
def test_the_registration_in_an_answer(text, domain, registrar, created, expires, nameservers):
    assert answer(text, domain) == Registration(registrar, expires, nameservers, created, RegistrationSource.WHOIS)


def test_line_ends_and_a_charset_of_old_change_nothing():
    sent = whois_texts.TR.replace("\n", "\r\n").encode("iso-8859-9")

    told = answer(decoded(sent, charset="iso-8859-9"), "ornekfirma.com.tr")

    assert told == answer(whois_texts.TR, "ornekfirma.com.tr")


@pytest.mark.parametrize(
    ("sent", "charset", "text"),
    [
        pytest.param("Kayıt".encode(), "iso-8859-9", "Kayıt", id="UTF-8 goes first"),
        pytest.param("Kayıt".encode("iso-8859-9"), "iso-8859-9", "Kayıt", id="else the registry's own"),
        pytest.param("\ufeffKayıt".encode(), "iso-8859-9", "Kayıt", id="a byte order mark goes"),
        pytest.param(b"ok \xff\xfe", "euc-kr", "ok \ufffd\ufffd", id="what fits neither is replaced"),
    ],
)
def test_the_text_in_bytes(sent, charset, text):
    assert decoded(sent, charset=charset) == text


@pytest.mark.parametrize(
    "text",
    [
        'No match for domain "FIRM.COM".\r\n>>> Last update of whois database <<<',
        "No match found for firm.com",
        "% No entries found for the selected source(s).\n",
        "% No match for firm.com\n",
        "No matching record.",
        "\nNo_Se_Encontro_El_Objeto/Object_Not_Found\n",
        '    No match for "firm.com".\n\n    This domain name has not been registered.\n',
        "Domain: firm.com\nStatus: free\n",
        "Domain:\tfirm.com\nStatus:\tAVAILABLE\n",
        "%% NOT FOUND\n",
        "No match!!\n",
        "Domain not found.",
        "The queried object does not exist: no such domain",
        "El dominio no se encuentra registrado en NIC Argentina",
        "No Data Found\nURL of the ICANN Whois Inaccuracy Complaint Form: https://www.icann.org/wicf/",
    ],
)
def test_a_domain_that_is_not_registered_is_a_definite_no(text):
    assert answer(text) == Absent("not registered, says the registry (WHOIS)")


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        pytest.param("% Quota exceeded\n", None, id="quota"),
        pytest.param("Query limit exceeded. Wait 60 seconds.", timedelta(seconds=60), id="it says for how long"),
        pytest.param("WHOIS LIMIT EXCEEDED - SEE WWW.EXAMPLE/WHOIS FOR DETAILS", None, id="capitals"),
        pytest.param("You have exceeded your allowed queries per hour", None, id="exceeded first"),
        pytest.param("Number of allowed queries exceeded.", None, id="number of queries"),
        pytest.param("% Error: 55000000002 access control limit exceeded", None, id="an error number"),
        pytest.param("Too many requests from 192.0.2.1, please wait 5 minutes", timedelta(minutes=5), id="minutes"),
        pytest.param("Your IP has been blacklisted", None, id="blacklisted"),
    ],
)
def test_a_registry_that_wants_fewer_calls(text, wait):
    assert answer(text) == Throttled("the registry wants fewer calls (WHOIS)", wait=wait)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "WHOIS answered nothing", id="empty is not free"),
        pytest.param(" \r\n \r\n", "WHOIS answered nothing", id="empty lines"),
        pytest.param("Invalid input", "WHOIS refused: invalid input", id="a question it can't read"),
        pytest.param("% Access denied", "WHOIS refused: access denied", id="access denied"),
        pytest.param("The server is busy, please try again later", "WHOIS refused: the server is busy, please try again later",
                     id="busy is no quota"),
        pytest.param("<!DOCTYPE html><html>no match</html>", "WHOIS answered with a web page", id="a web page"),
        pytest.param("HTTP/1.1 400 Bad Request\n", "WHOIS answered with a web page", id="a web server"),
        pytest.param("Domain Name: firm.com\nDomain Status: Active\n",
                     "WHOIS told none of registrar, end and name servers", id="thin"),
        pytest.param("Creation Date: 2001-01-01\n", "WHOIS told none of registrar, end and name servers",
                     id="only since when"),
        pytest.param("Registrar: -\nExpires: N/A\nName Server: none\n", "WHOIS told none of registrar, end and name servers",
                     id="labels without values"),
        pytest.param("Domain Name: OTHER.COM\nRegistrar: X\n", "WHOIS answered about another domain", id="another domain"),
        pytest.param("Terms: data may be shown if the object was not found elsewhere in our other records here today\n",
                     "WHOIS told none of registrar, end and name servers", id="a footer that speaks of not found"),
    ],
)  # fmt: skip
def test_what_tells_nothing_is_not_known_with_its_reason(text, reason):
    assert answer(text) == NotKnown(reason)


def test_a_line_that_was_cut_off_is_not_read():
    whole = "Registrar: Example\nName Server: ns1.firm.example\nName Server: ns2.firm.example\n"

    cut = answer(whole[: -len("ple\n")])

    assert cut == Registration("Example", None, ("ns1.firm.example",), source=RegistrationSource.WHOIS)


def test_a_name_in_its_own_letters_is_the_domain_that_was_asked():
    told = answer("Domain Name: müşteri.com.tr\nRegistrar: Örnek\n", "xn--mteri-kva70e.com.tr")

    assert isinstance(told, Registration)


def test_a_thin_registry_names_the_registrar_s_server():
    reading = read_whois(whois_texts.COM, domain="firm.com")

    assert isinstance(reading, WhoisReading)
    assert reading.referral == "whois.names.example"


def test_the_root_names_the_registry_s_server():
    text = "% IANA WHOIS server\n\nrefer:        whois.registry.example\n\ndomain:       ZZ\nwhois:        whois.other.example\n"

    assert read_root_referral(text) == "whois.registry.example"
    assert read_root_referral("domain: ZZ\nstatus: ACTIVE\n") == ""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        pytest.param("2027-01-07T23:59:59Z", date(2027, 1, 7), id="RFC 3339"),
        pytest.param("2027-Jan-07.", date(2027, 1, 7), id="the month's name in the middle"),
        pytest.param("2027/01/07 (JST)", date(2027, 1, 7), id="slashes"),
        pytest.param("2027. 01. 07.", date(2027, 1, 7), id="dots and spaces"),
        pytest.param("2027年01月07日", date(2027, 1, 7), id="Chinese"),
        pytest.param("20270107 #123", date(2027, 1, 7), id="no separators"),
        pytest.param("20270107235959", None, id="no separators and a time: no certain day"),
        pytest.param("07-Jan-2027", date(2027, 1, 7), id="the day first, the month's name"),
        pytest.param("7th January 2027", date(2027, 1, 7), id="an ordinal"),
        pytest.param("7 Ocak 2027", date(2027, 1, 7), id="Turkish"),
        pytest.param("7 ŞUBAT 2027", date(2027, 2, 7), id="Turkish capitals"),
        pytest.param("7. Dezember 2027", date(2027, 12, 7), id="German"),
        pytest.param("Thu Jan 07 2027", date(2027, 1, 7), id="the name of the day before"),
        pytest.param("Thu Jan 07 23:59:59 GMT 2027", date(2027, 1, 7), id="the time before the year"),
        pytest.param("January 7, 2027", date(2027, 1, 7), id="American"),
        pytest.param("07.01.2027", date(2027, 1, 7), id="the day first"),
        pytest.param("1/31/2027", date(2027, 1, 31), id="the month first, where it can be nothing else"),
        pytest.param("before Aug-1996", None, id="before a month"),
        pytest.param("before 01-Aug-1996", None, id="before a day"),
        pytest.param("2027-02-30", None, id="no such day"),
        pytest.param("0000-00-00", None, id="zeros"),
        pytest.param("1970-01-01", None, id="before there were domains"),
        pytest.param("soon", None, id="a word"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_day_in_a_registry_s_words(text, day):
    assert day_in(text) == day


WORDS = st.sampled_from(
    [
        "Registrar:", "registrar", "Name Server:", "nserver:", "Expires on....: ", "created:", "2027-01-07", "[Name Server]",
        "** Domain Servers:", "ns1.firm.example", "no match", "Example Ltd", "Domain Name: ", ":", "\t", " ", "\n", "\r\n",
        "\n\n", "\0", "%", "İ",
    ]
)  # fmt: skip
TEXTS = st.text(max_size=200) | st.lists(WORDS, max_size=30).map("".join)


@pytest.mark.proves("R6.4")
@given(text=TEXTS)
def test_whatever_comes_is_read_and_nothing_is_invented(text):
    told = read_whois(text, domain="firm.com").answer

    if not isinstance(told, Registration):
        return
    plain = " ".join(re.sub(r"[\x00-\x1f\x7f\ufffd]", " ", text).split())
    assert told.registrar in plain
    assert all(server in text.lower() for server in told.nameservers)
    assert all(str(day.year) in text for day in (told.created_at, told.expires_at) if day)
    assert "\0" not in told.registrar


@pytest.mark.proves("R6.4")
@given(sent=st.binary(max_size=300), charset=st.sampled_from(["iso-8859-9", "koi8-r", "iso-2022-jp", "euc-kr"]))
def test_any_bytes_are_a_text(sent, charset):
    assert isinstance(read_whois(decoded(sent, charset=charset), domain="firm.com"), WhoisReading)


@pytest.mark.parametrize(
    ("ending", "host"),
    [
        ("tr", "whois.trabis.gov.tr"),
        ("ru", "whois.tcinet.ru"),
        ("cn", "whois.cnnic.net.cn"),
        ("mx", "whois.mx"),
    ],
)
def test_the_servers_of_the_domain_document(ending, host):
    assert whois_formats().servers[ending].host == host
