"""Rules that have changed: what they would change, and scores made anew in chunks, with progress (R1.9, R1.11)."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hunter.audit.models import AuditEntry
from hunter.remote.lanes import LaneName
from hunter.work.drainer import Drainer
from hunter.work.models import Item
from leads.assessment import without_evidence
from leads.checks import check_rules
from leads.models import Company, ScoringRun
from leads.rules import RULES_FOLDER, RulesRefused, load_rules
from leads.services.scoring import score_all, try_scores
from leads.services.scoring_runs import go_on, start_scoring
from tests.factories.leads import CompanyFactory, ScannedCompanyFactory, SignalsFactory
from tests.factories.people import administrator, api_client, staff

pytestmark = pytest.mark.django_db
TEXT = (RULES_FOLDER / "v1.toml").read_text(encoding="utf-8")


@pytest.fixture
def new_rules(tmp_path, settings):
    """Rules of an administrator's own: M365 is worth 30 and begins to be a renewal at 50."""
    file = tmp_path / "rules.toml"
    file.write_text(TEXT.replace('version = "1"', 'version = "2"').replace("M365 = 50", "M365 = 30"), encoding="utf-8")
    settings.HUNTER_RULES = str(file)
    return file


def snapshot():
    return list(Company.objects.order_by("pk").values())


def command(*arguments):
    out = io.StringIO()
    call_command("score_companies", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_a_dry_run_says_what_would_change_and_writes_nothing(new_rules):
    ScannedCompanyFactory(domain="contoso.com")
    ScannedCompanyFactory(domain="wrong.example", segment="Cold", score=50, priority=5)
    CompanyFactory(domain="unscanned.example")
    before = snapshot()

    told = json.loads(command("--dry-run", "--json"))

    assert (told["scored"], told["changed"], told["rules_version"], told["dry_run"]) == (2, 2, "2", True)
    assert (told["score_changed"], told["segment_changed"], told["priority_changed"]) == (1, 1, 2)
    assert told["segments"] == {"Existing": {"Existing": 1}, "Cold": {"Existing": 1}}
    assert told["companies"][0] == {
        "domain": "contoso.com",
        "before": {"score": 70, "segment": "Existing", "priority_category": "P4", "priority": 3},
        "after": {"score": 50, "segment": "Existing", "priority_category": "P3", "priority": 4},
    }
    assert snapshot() == before
    assert not Item.objects.exists()


def test_a_dry_run_in_words_has_the_moves_and_the_companies(new_rules):
    ScannedCompanyFactory(domain="contoso.com", segment="Cold")

    words = command("--dry-run")

    assert "With the rules 2, 1 of 1 companies would change: 1 the score, 1 the segment" in words
    assert "Cold → Existing: 1" in words
    assert "contoso.com: 70 Cold P4 3 → 50 Existing P3 4" in words


def test_a_dry_run_that_has_nothing_to_look_at_says_so(new_rules):
    ScannedCompanyFactory(rules_version="2")

    assert "No company waits for the rules 2" in command("--dry-run")


def test_a_dry_run_names_as_many_companies_as_asked_for_and_counts_them_all(new_rules):
    ScannedCompanyFactory.create_batch(5)

    told = json.loads(command("--dry-run", "--examples", "2", "--json"))

    assert (told["changed"], len(told["companies"])) == (5, 2)


def test_what_a_dry_run_says_is_what_happens(new_rules):
    ScannedCompanyFactory.create_batch(4)
    ScannedCompanyFactory(segment="Cold")
    said = try_scores(every=True, most_examples=10).tally

    done = json.loads(command("--json"))

    assert done == {"scored": 5, "changed": said.changed}
    for one in said.examples:
        company = Company.objects.get(domain=one["domain"])
        assert (company.score, company.segment, company.priority_category, company.priority) == tuple(
            one["after"].values()
        )
    assert try_scores(every=True, most_examples=10).tally.changed == 0


@pytest.mark.proves("R1.13")
def test_a_push_is_asked_for_where_something_changed_and_not_where_only_records_were_added(new_rules):
    ScannedCompanyFactory(domain="changed.example")
    score_all()

    assert list(Item.objects.filter(kind="push_dynamics365").values_list("key", flat=True)) == ["changed.example"]

    Item.objects.all().delete()
    Company.objects.update(score_breakdown=without_evidence(Company.objects.get().score_breakdown))
    assert score_all().as_dict() == {"scored": 1, "changed": 0}
    assert "evidence" in Company.objects.get().score_breakdown
    assert not Item.objects.exists()


@pytest.mark.proves("R3.6")
def test_companies_are_locked_in_key_order_before_their_evidence_is_read():
    ScannedCompanyFactory.create_batch(2)

    with CaptureQueriesContext(connection) as captured:
        score_all()

    said = [query["sql"] for query in captured]
    locking = next(place for place, sql in enumerate(said) if "FOR NO KEY UPDATE" in sql)
    reading = next(
        place for place, sql in enumerate(said) if sql.startswith("SELECT") and 'FROM "leads_signals"' in sql
    )
    assert 'ORDER BY "leads_company"."id" ASC' in said[locking]
    assert locking < reading


def test_a_first_score_is_told_as_such(new_rules):
    ScannedCompanyFactory(domain="new.example")
    empty = dict.fromkeys(
        ("segment", "technical_heat", "commercial_segment", "commercial_heat", "priority_category", "rules_version"), ""
    )
    Company.objects.update(score=None, priority=7, **empty)

    told = json.loads(command("--dry-run", "--json"))

    assert told["segments"] == {"not scored": {"Existing": 1}}
    assert told["companies"][0]["before"] == dict.fromkeys(("score", "segment", "priority_category", "priority"))


def run_to_the_end(run):
    while not go_on(run, rules=load_rules(), page_size=2):
        pass
    run.refresh_from_db()


def test_a_run_keeps_how_far_it_is_and_goes_on_from_there(new_rules):
    ScannedCompanyFactory.create_batch(5)
    run = start_scoring(applies=True, by=administrator()).run

    assert not go_on(run, rules=load_rules(), page_size=2)
    assert (run.total, run.looked, run.changed) == (5, 2, 2)
    assert Company.objects.filter(rules_version="2").count() == 2

    again = ScoringRun.objects.get()  # another process
    run_to_the_end(again)
    assert (again.looked, again.changed, again.finished_at is not None) == (5, 5, True)
    assert set(Company.objects.values_list("score", "rules_version")) == {(50, "2")}


def test_rules_that_change_during_a_run_begin_it_anew(new_rules, settings):
    ScannedCompanyFactory.create_batch(3)
    run = start_scoring(applies=False, by=administrator()).run
    go_on(run, rules=load_rules(), page_size=2)

    settings.HUNTER_RULES = "v1"
    run_to_the_end(run)

    assert (run.rules_version, run.looked, run.changed) == ("1", 3, 0)


@pytest.mark.parametrize("applies", [False, True])
def test_one_run_of_a_kind_goes_on_at_a_time(applies):
    first = start_scoring(applies=applies, by=administrator())

    second = start_scoring(applies=applies, by=administrator())

    assert (first.joined, second.joined, second.run) == (False, True, first.run)
    assert ScoringRun.objects.count() == AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.proves("R1.9", "R1.11")
def test_a_worker_does_the_run_chunk_by_chunk(new_rules):
    ScannedCompanyFactory.create_batch(3)
    tried = start_scoring(applies=False, by=administrator()).run
    applied = start_scoring(applies=True, by=administrator()).run

    Drainer(LaneName.HUNTER).run()

    tried.refresh_from_db()
    applied.refresh_from_db()
    assert (applied.looked, applied.changed, applied.finished_at is not None) == (3, 3, True)
    assert tried.looked == 3
    assert tried.finished_at is not None
    assert set(Company.objects.values_list("score", flat=True)) == {50}
    assert not Item.objects.filter(kind="score_companies", due_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_a_run_with_refused_rules_is_an_error_that_says_so(settings, tmp_path):
    ScannedCompanyFactory()
    run = start_scoring(applies=True, by=administrator()).run
    file = tmp_path / "bad.toml"
    file.write_text("version = ", encoding="utf-8")
    settings.HUNTER_RULES = str(file)

    Drainer(LaneName.HUNTER).run()

    item = Item.objects.get(kind="score_companies", key=str(run.pk))
    assert item.dead_at is not None


def page_of(client, name, *args):
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_of_rules_tells_what_they_say_and_whom_they_scored(client, new_rules):
    ScannedCompanyFactory(domain="old.example")
    client.force_login(administrator())

    text = page_of(client, "admin:leads_scoringrun_changelist")

    assert "Rules 2" in text
    assert "1 by other rules" in text
    assert "provider M365" in text
    assert "Google or Yandex or Zoho or Hosting or Local, score 60 or more" in text
    assert "P1 High Potential Greenfield" in text
    assert "weak partner" in text
    assert "WEAK_PARTNER" not in text


def test_every_count_of_the_rules_leads_to_exactly_those_companies(client, new_rules):
    client.force_login(administrator())
    by_now, by_old = ScannedCompanyFactory(rules_version="2"), ScannedCompanyFactory(rules_version="1")
    unscored = SignalsFactory(company=CompanyFactory(scan_status="success")).company

    context = client.get(reverse("admin:leads_scoringrun_changelist")).context

    assert (context["now_count"], context["unscored"]) == (1, 1)
    (version, count, of_version) = context["other_versions"][0]
    assert (version, count) == ("1", 1)
    for address, company in {
        context["now_url"]: by_now,
        of_version: by_old,
        context["others_url"]: by_old,
        context["unscored_url"]: unscored,
    }.items():
        assert list(client.get(address).context["cl"].result_list) == [company], address


def test_refused_rules_are_told_on_their_page(client, settings):
    settings.HUNTER_RULES = "v99"
    client.force_login(administrator())

    assert "There are no rules named v99" in page_of(client, "admin:leads_scoringrun_changelist")


def test_scoring_all_anew_says_its_size_first(client):
    ScannedCompanyFactory.create_batch(3)
    client.force_login(administrator())
    address = reverse("admin:leads_scoringrun_act", args=["score_all"])

    asked = client.post(address).content.decode()
    assert "3 companies are scored anew by the rules 1" in asked
    assert not ScoringRun.objects.exists()

    client.post(address, {"confirmed": "1"})
    assert ScoringRun.objects.get().applies


def test_what_would_change_is_kept_with_its_matrix(client, new_rules):
    ScannedCompanyFactory(domain="contoso.com", segment="Cold")
    client.force_login(administrator())

    client.post(reverse("admin:leads_scoringrun_act", args=["try_rules"]))
    run = ScoringRun.objects.get()
    run_to_the_end(run)
    text = page_of(client, "admin:leads_scoringrun_change", run.pk)

    assert "What would change" in text
    assert "1 of 1 would change" in text
    assert "70, Cold, P4, priority 3" in text
    assert "50, Existing, P3, priority 4" in text
    assert Company.objects.get().score == 70


def test_to_score_anew_is_a_permission_of_its_own():
    client = Client()
    client.force_login(staff("leads.view_scoringrun"))

    assert "What would change</" not in page_of(client, "admin:leads_scoringrun_changelist")
    assert client.post(reverse("admin:leads_scoringrun_act", args=["score_all"]), {"confirmed": "1"}).status_code == 403
    assert not ScoringRun.objects.exists()


def test_the_api_tells_the_rules_in_force(new_rules):
    ScannedCompanyFactory()

    told = api_client("leads.view_company").get("/api/v1/rules/").json()

    assert (told["version"], told["scored"], told["scored_by_others"]) == ("2", 0, 1)
    assert told["rules"]["score"]["providers"]["M365"] == 30
    assert told["rules"]["segment"][1]["from"] == 60


def test_rules_can_lie_wherever_an_administrator_wants(new_rules):
    assert (load_rules().version, load_rules("v1").version) == ("2", "1")
    assert score_all().as_dict() == {"scored": 0, "changed": 0}


@pytest.mark.parametrize("name", ["/nowhere/rules.toml", "v99"])
def test_rules_that_are_not_there_are_an_error_of_the_check_too(name, settings):
    settings.HUNTER_RULES = name

    with pytest.raises(RulesRefused, match="HUNTER_RULES takes a file"):
        load_rules()
    assert [one.id for one in check_rules()] == ["leads.E001"]


def test_rules_that_are_refused_are_an_error_of_the_check_with_the_key(new_rules):
    new_rules.write_text(TEXT.replace("M365 = 50", "M365 = 500"), encoding="utf-8")

    (error,) = check_rules()

    assert error.id == "leads.E001"
    assert "score.providers.M365" in error.msg


def test_other_rules_of_the_same_version_are_a_warning_of_the_check(settings, tmp_path):
    file = tmp_path / "same.toml"
    file.write_text(TEXT.replace("M365 = 50", "M365 = 40"), encoding="utf-8")
    settings.HUNTER_RULES = str(file)

    assert [one.id for one in check_rules()] == ["leads.W001"]


def test_the_rules_that_are_shipped_pass_the_check():
    assert check_rules() == []
