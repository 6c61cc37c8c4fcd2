"""Where in a cell the addresses are, and which host each of them names (domain document, a.1 steps 1 and 2, a.3, a.4).

Pure text: whether a host is a domain is decided in `leads.domains`. Every step takes time in proportion to the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote

LONGEST_CELL = 8192  # of a longer cell only so much is read
LONGEST_HOST_WRITTEN = 1024
DEEPEST_REMARK = 3
MOST_SCHEMES = 3  # `http://https://…`, as pasting makes it

# White space, control characters and marks that nobody sees, of the first plane and of the tags.
INVISIBLE = "".join(
    chr(code)
    for code in (*range(0x10000), *range(0xE0000, 0xE0080))
    if unicodedata.category(chr(code)) in {"Zs", "Zl", "Zp", "Cc", "Cf"}
)
QUOTES = "\"'`´<>‘’‚‛“”„‟‹›«»「」『』〈〉《》"
BRACKETS = "()[]{}（）［］"
AROUND = INVISIBLE + QUOTES + BRACKETS
# Full-width signs of East Asian keyboards; their letters and dots are mapped by IDNA.
PLAIN_SIGNS = str.maketrans("＠：／，；｜？＃％＜＞（）［］－", "@:/,;|?#%<>()[]-")

BETWEEN = re.compile(
    r"[,;|、\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029•]|\s[/&–—-]\s|\s(?:ve|veya|ya da|and|or|und|oder|et)\s", re.IGNORECASE
)
QUOTED_LOCAL_PART = re.compile(r'"(?:[^"\\\r\n]|\\.)*"@')
COMMENT = re.compile(r"\(([^()]*)\)")
IN_ANGLES = re.compile(r"<([^<>]*[@.][^<>]*)>")
LEADING_LABEL = re.compile(r"(?:[-*•‣–—>]+\s+)?(?:[^\W\d_][^.:@/\\]{0,30}\s*:\s+)?")
SCHEME = re.compile(
    r"[a-z][a-z0-9+-]{0,19}:[/\\]{2,}|https?[:;][/\\]*|ftp[:;][/\\]*|https?[/\\]{2,}|[/\\]{2,}", re.IGNORECASE
)
NAMED_SCHEME = re.compile(r"[a-z][a-z0-9+-]{0,19}:[/\\]|https?[:;]|ftp[:;]|https?[/\\]{2,}", re.IGNORECASE)
ENCODED_SCHEME = re.compile(r"[a-z][a-z0-9+-]{0,19}%3a%2f%2f", re.IGNORECASE)
MAILTO = re.compile(r"mailto:[/\\]*", re.IGNORECASE)
AFTER_HOST = re.compile(r"[/?#\\]")
URL_WITH_ITS_HOST = re.compile(r"\s*(?:[a-z][a-z0-9+-]{0,19}:)?//[^/?#\\\s]{1,1024}[/?#\\]", re.IGNORECASE)


def pieces(text: str) -> Iterator[str]:
    """The parts of a cell that may each hold an address, in their order; a plain space is no separator (a.4).

    A quoted local part of a mail address goes: whatever signs it holds, they part nothing. Of each part come its text
    without remarks in round brackets, then the remarks: `firm.com (closed)`, `Ali Veli (ali@firm.com)`.
    """
    read = text[:LONGEST_CELL].translate(PLAIN_SIGNS)
    parts = BETWEEN.split(without_around(QUOTED_LOCAL_PART.sub("@", read), INVISIBLE))
    if len(text) > LONGEST_CELL:
        cut = URL_WITH_ITS_HOST.match(parts.pop())  # what was cut off must not look whole
        parts += [cut[0]] if cut else []
    for part in parts:
        for piece in without_remarks(part):
            if trimmed(piece):
                yield without_around(piece, INVISIBLE)


def without_remarks(part: str) -> Iterator[str]:
    """The text without what stands in round brackets, also one pair in another, then each of those."""
    plain, remarks = part, []
    for _ in range(DEEPEST_REMARK):
        remarks += COMMENT.findall(plain)
        plain = COMMENT.sub(" ", plain)
    yield plain
    yield from remarks


def trimmed(text: str) -> str:
    """Without white space, invisible signs, quotes and brackets around it (a.1, step 1)."""
    return without_around(text, AROUND)


def without_around(text: str, signs: str) -> str:
    """As `strip`, which looks through all the signs even where there are none: letters and digits are never among them."""
    return text if text[:1].isalnum() and text[-1:].isalnum() else text.strip(signs)


def has_scheme(piece: str) -> bool:
    """Whether it is written as a web address: an `@` in it then parts user info from the host."""
    return bool(NAMED_SCHEME.match(without_label(trimmed(piece))))


def is_mail(piece: str) -> bool:
    """Whether it may be a mail address: an @, also an encoded one, or a mailto."""
    return "@" in piece or "%40" in piece or bool(MAILTO.match(trimmed(piece)))


def web_host(piece: str) -> str:
    """The host of a web address, with or without a scheme: user info, port, path, query and fragment go (a.4)."""
    in_angles = IN_ANGLES.findall(piece)
    value = without_label(trimmed(in_angles[-1] if in_angles else piece))
    if ENCODED_SCHEME.match(value):
        value = unquote(value, errors="replace")
    for _ in range(MOST_SCHEMES):
        scheme = SCHEME.match(value)
        if not scheme:
            break
        value = value[scheme.end() :]
    authority = AFTER_HOST.split(value, maxsplit=1)[0]
    return host_part(authority.rpartition("@")[2])


def mail_host(piece: str) -> str:
    """What stands after the last @ of a mail address (a.3)."""
    in_angles = IN_ANGLES.findall(piece)
    address = without_label(trimmed(in_angles[-1] if in_angles else piece))
    mailto = MAILTO.match(address)
    if mailto:
        address, _, query = address[mailto.end() :].partition("?")
        address = address or parse_qs(query, max_num_fields=100).get("to", [""])[0]
    if "@" not in address and "%40" in address:
        address = unquote(address, errors="replace")
    _, at_sign, host = address.rpartition("@")
    if not at_sign:
        return ""
    return host_part(trimmed(AFTER_HOST.split(host, maxsplit=1)[0]) if not host.startswith("[") else host)


def before_path(piece: str) -> str:
    """What stands before a path or query that holds the @: `firm.com/@firm` may be a web address; empty for others."""
    value = without_label(trimmed(piece))
    front, slash, _ = value.partition("@")[0].partition("/")
    if not slash:
        front, slash, _ = value.partition("@")[0].partition("?")
    return host_part(front) if slash else ""


def host_part(authority: str) -> str:
    """A host without its port; an IPv6 address keeps its brackets."""
    host = authority.strip(INVISIBLE)
    if host.startswith("[") or host.count(":") > 1:
        return host
    return host.partition(":")[0].strip(INVISIBLE)


def without_label(value: str) -> str:
    """Without the bullet and the word that say what follows: `Web: www.firm.com`."""
    found = LEADING_LABEL.match(value)
    return value[found.end() :] if found else value
