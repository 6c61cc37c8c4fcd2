"""How long it takes to find a referral's candidates among many companies, beside the same search without its indexes,
and beside difflib over all names.

    python benchmarks/candidates.py [COMPANIES] [REFERRALS]
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from statistics import median, quantiles
from typing import Any

from _database import throw_away_database

SYLLABLES = (
    "ka",
    "ra",
    "bu",
    "lut",
    "lo",
    "dos",
    "an",
    "por",
    "gü",
    "neş",
    "de",
    "niz",
    "yıl",
    "dız",
    "çe",
    "lik",
    "so",
    "su",
)
TRADES = ("Gıda", "Lojistik", "Makina", "Tekstil", "Yazılım", "İnşaat", "Otomotiv", "Turizm")
FORMS = ("San. ve Tic. A.Ş.", "Ltd. Şti.", "Sanayi ve Ticaret Limited Şirketi", "A.Ş.", "GmbH", "")


def a_name(rng: random.Random) -> str:
    first = "".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))).capitalize()
    return " ".join(filter(None, (first, rng.choice(TRADES), rng.choice(FORMS))))


def make_companies(count: int, *, rng: random.Random) -> None:
    """Companies with a name, two addresses each, and a tenant for every tenth."""
    from django.db import connection  # noqa: PLC0415

    from leads.models import Company  # noqa: PLC0415

    for start in range(0, count, 5000):
        Company.objects.bulk_create(
            Company(
                domain=f"firm{n}.example",
                registrable_domain=f"firm{n}.example",
                name=a_name(rng),
                country="TR",
                contact_emails=[f"info@firm{n}.example", f"sales@firm{n}.example"],
                azure_tenant_id=f"tenant-{n}" if n % 10 == 0 else "",
            )
            for n in range(start, min(start + 5000, count))
        )
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze leads_company, leads_companynamekey")


def make_referrals(count: int, *, companies: int, rng: random.Random) -> list[Any]:
    """Not saved; some name a company's domain, some have private addresses only."""
    from referrals.models import Referral  # noqa: PLC0415

    made = []
    for n in range(count):
        at = rng.randrange(companies)
        mail = f"new@firm{at}.example" if n % 3 else f"someone{n}@gmail.com"
        row = {"id": f"r-{n}", "direction": "Incoming", "customerProfile": {"team": [{"email": mail}]}}
        domain = None if mail.endswith("gmail.com") else f"firm{at}.example"
        made.append(
            Referral(
                referral_id=f"r-{n}",
                company_name=a_name(rng),
                customer_country="TR",
                domain=domain,
                raw_data=row,
                contacts=[{"email": mail}],
                azure_tenant_id=f"tenant-{at}" if n % 5 == 0 else "",
            )
        )
    return made


def timed(work: Callable[[Any], object], referrals: Iterable[Any]) -> list[float]:
    """Milliseconds for each."""
    times = []
    for referral in referrals:
        began = time.perf_counter()
        work(referral)
        times.append(1000 * (time.perf_counter() - began))
    return times


def measure(*, companies: int, referrals: int) -> None:
    """Print the times and the ratios."""
    from django.db import connection  # noqa: PLC0415

    from leads.models import Company  # noqa: PLC0415
    from referrals.services.candidates import candidates  # noqa: PLC0415

    rng = random.Random(7)
    make_companies(companies, rng=rng)
    chosen = make_referrals(referrals, companies=companies, rng=rng)
    timed(candidates, chosen[:5])
    indexed = timed(candidates, chosen)
    worst = quantiles(indexed, n=20)[-1]
    print(f"{companies:,} companies: {median(indexed):.1f} ms a referral, {worst:.1f} ms at the 95th percentile")
    with connection.cursor() as cursor:
        cursor.execute("set enable_indexscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off")
    few = chosen[: max(3, referrals // 40)]
    plain = timed(candidates, few)
    names = list(Company.objects.values_list("name", flat=True))
    compared = timed(lambda one: get_close_matches(one.company_name, names, n=9, cutoff=0.6), few[:3])
    print(f"without indexes  {median(plain):>9,.1f} ms   {median(plain) / median(indexed):,.0f} times as long")
    print(f"difflib, names   {median(compared):>9,.1f} ms   {median(compared) / median(indexed):,.0f} times as long")


def main() -> None:
    """Bring up a database, measure, and leave nothing behind."""
    companies = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    referrals = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    with throw_away_database():
        measure(companies=companies, referrals=referrals)


if __name__ == "__main__":
    main()
