"""A website as people write it into a lead, and the domain that it has."""

from __future__ import annotations

from leads.domains import ReadAs, read_domain, shown_domain

BEFORE = ("https://", "http://")


def site_of(website: object) -> str:
    """The domain of a website (domain document, a.4); "" for none, and for an e-mail address in its place."""
    text = website if isinstance(website, str) else ""
    return "" if "@" in text else read_domain(text, read_as=ReadAs.WEBSITE).domain or ""


def websites_of(domain: str) -> tuple[str, ...]:
    """The addresses that are this host and nothing more: with or without a scheme, `www.` and a final slash.

    Of a domain in letters of its own both spellings.
    """
    hosts = [f"{www}{name}" for name in dict.fromkeys((domain, shown_domain(domain))) for www in ("", "www.")]
    addresses = [f"{before}{host}{slash}" for host in hosts for before in BEFORE for slash in ("", "/")]
    return (*addresses, *hosts)
