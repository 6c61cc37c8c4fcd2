"""Which company a referral is tied to without a person (domain document e.5)."""

from __future__ import annotations

import pytest

from referrals.kinds import LinkStatus
from referrals.link_rules import AutomaticLink, HeldLink, NamedDomains, automatic_link

AUTO, MULTI, NONE = LinkStatus.AUTO_LINKED, LinkStatus.MULTI_CANDIDATE, LinkStatus.UNLINKED
ONE, TWO = "one.com", "two.com"


@pytest.mark.parametrize(
    ("domain", "contacts", "known", "link"),
    [
        pytest.param(None, (), set(), AutomaticLink(NONE), id="no domain, no company"),
        pytest.param(ONE, (ONE,), set(), AutomaticLink(AUTO, ONE), id="one contact's domain, company to be made"),
        pytest.param(ONE, (ONE,), {ONE}, AutomaticLink(AUTO, ONE), id="one contact's domain, company known"),
        pytest.param(ONE, (), set(), AutomaticLink(AUTO, ONE), id="a website's domain"),
        pytest.param(
            ONE, (ONE, TWO), set(), AutomaticLink(MULTI, None, (ONE, TWO)), id="two contacts' domains, none known"
        ),
        pytest.param(ONE, (ONE, TWO), {TWO}, AutomaticLink(AUTO, TWO), id="exactly one of two is known"),
        pytest.param(ONE, (ONE, TWO), {ONE, TWO}, AutomaticLink(MULTI, None, (ONE, TWO)), id="both are known"),
        pytest.param(ONE, (ONE, TWO), {"other.com"}, AutomaticLink(MULTI, None, (ONE, TWO)), id="others don't matter"),
    ],
)
def test_the_link_of_a_new_referral(domain, contacts, known, link):
    assert automatic_link(NamedDomains(domain, contacts), known=frozenset(known)) == link


@pytest.mark.parametrize(
    ("domain", "contacts", "held", "link"),
    [
        pytest.param(
            ONE, (ONE, TWO), HeldLink(ONE, ONE), AutomaticLink(AUTO, ONE), id="another firm became a company: stays"
        ),
        pytest.param(TWO, (TWO,), HeldLink(ONE, ONE), AutomaticLink(AUTO, TWO), id="the domain changed: moves"),
        pytest.param(
            ONE, (ONE,), HeldLink(ONE, TWO), AutomaticLink(AUTO, ONE), id="its company is named no more: moves"
        ),
        pytest.param(None, (), HeldLink(ONE, ONE), AutomaticLink(NONE), id="the domain is gone: no company"),
    ],
)
def test_the_link_of_a_changed_referral(domain, contacts, held, link):
    assert automatic_link(NamedDomains(domain, contacts), known=frozenset({ONE, TWO}), held=held) == link
