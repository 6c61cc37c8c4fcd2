"""Rules: those in force, which scores they made, and what would change with them (set-up)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hunter.ops.acts import Act, ActResult, Chosen, Place, Told, places
from hunter.ops.model_admin import Entry, ReadOnlyModelAdmin
from hunter.ops.showing import NOTHING, Tone, ago, badge, link, list_url, number, page_url, piece, span_in_words
from leads.admin.company import OF_VERSION
from leads.classes import Segment
from leads.models import Company, ScoringRun
from leads.rescoring import NOT_SCORED
from leads.rules import RulesRefused, load_rules
from leads.rules_in_words import class_tables, points_table
from leads.services.scoring import scanned
from leads.services.scoring_runs import start_scoring

COMPANIES_A_SECOND = 500  # about; one worker
SECOND = timedelta(seconds=1)


def try_rules(chosen: Chosen) -> ActResult:
    return begin(chosen, applies=False)


def score_all(chosen: Chosen) -> ActResult:
    return begin(chosen, applies=True)


def begin(chosen: Chosen, *, applies: bool) -> ActResult:
    assert isinstance(chosen.by, AbstractBaseUser)  # noqa: S101  staff are never anonymous
    started = start_scoring(applies=applies, by=chosen.by)
    page = page_url("leads_scoringrun", started.run.pk)
    if started.joined:
        return Told(f"It was going on already, {started.run.looked:,} companies are done.", lead_to=page)
    what = "will be scored anew" if applies else "will be looked at; nothing is written"
    return Told(f"{started.run.total:,} companies {what}.", lead_to=page)


def size_in_words(rows: QuerySet[Any]) -> str:
    """How much it is, and what follows from it."""
    count, rules = scanned().count(), load_rules()
    seconds = span_in_words((count / COMPANIES_A_SECOND) * SECOND) if count >= COMPANIES_A_SECOND else "a second"
    return (
        f"{count:,} companies are scored anew by the rules {rules.version}, in about {seconds}. Nothing is looked up. Leads "
        "of companies that change are pushed to the CRM by themselves. What would change tells it beforehand."
    )


TRY_RULES = Act(
    "try_rules", "What would change", "leads.rescore_company", try_rules, places(Place.PAGE), icon="difference",
    is_main=True,
)  # fmt: skip
SCORE_ALL = Act(
    "score_all", "Score all anew", "leads.rescore_company", score_all, places(Place.PAGE), icon="calculate",
    about=size_in_words,
)  # fmt: skip


@admin.register(ScoringRun)
class ScoringRunAdmin(ReadOnlyModelAdmin):
    """The rules, and below them each time that they were tried or used on all companies."""

    navigation = (Entry("Set-up", 30, "Rules", "rule_settings"),)
    acts = (TRY_RULES, SCORE_ALL)
    change_list_template = "admin/rules.html"
    list_display = ("run", "state_shown", "progress", "changed_shown", "segment_shown", "priority_shown", "took")
    ordering = ("-id",)
    refresh_seconds = 5
    empty_title = "The rules were not tried yet"
    empty_hint = "Press What would change: it says which companies would get another score, and writes nothing."

    @property
    def list_title(self) -> str:
        return "Rules"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, rules_context() | (extra_context or {}))

    @admin.display(description="what", ordering="id")
    def run(self, run: ScoringRun) -> str:
        return str(run)

    @admin.display(description="state")
    def state_shown(self, run: ScoringRun) -> SafeString:
        return state_badge(run)

    @admin.display(description="progress")
    def progress(self, run: ScoringRun) -> SafeString:
        return progress_bar(run)

    @admin.display(description="changed", ordering="changed")
    def changed_shown(self, run: ScoringRun) -> SafeString | str:
        return count_link(run, run.changed)

    @admin.display(description="segment", ordering="segment_changed")
    def segment_shown(self, run: ScoringRun) -> SafeString | str:
        return count_link(run, run.segment_changed)

    @admin.display(description="priority", ordering="priority_changed")
    def priority_shown(self, run: ScoringRun) -> SafeString | str:
        return count_link(run, run.priority_changed)

    @admin.display(description="took")
    def took(self, run: ScoringRun) -> SafeString | str:
        return span_in_words(run.finished_at - run.created_at) if run.finished_at else NOTHING

    def headline(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (state_badge(row),)

    def sections(self, request: HttpRequest, row: Any) -> Iterable[SafeString]:
        return (piece("admin/scoring_run.html", run_context(row)),)


def count_link(run: ScoringRun, count: int) -> SafeString | str:
    """A number that leads to the run, which names the companies."""
    return link(number(count), page_url("leads_scoringrun", run.pk)) if count else "0"


def rules_context() -> dict[str, Any]:
    """The rules in force and the scores there are, by the version that made them."""
    counted = Company.objects.filter(score__isnull=False).order_by().values_list("rules_version").annotate(Count("pk"))
    versions = sorted(counted, key=lambda pair: -pair[1])
    try:
        rules = load_rules()
    except RulesRefused as refused:
        return {"refused": refused.message}
    others = sum(count for version, count in versions if version != rules.version)
    return {
        "rules": rules,
        "points": points_table(rules),
        "tables": list(class_tables(rules)),
        "other_versions": [
            (version, count, list_url("leads_company", rules=f"{OF_VERSION}{version}"))
            for version, count in versions
            if version != rules.version
        ],
        "others": others,
        "others_url": list_url("leads_company", rules="other"),
        "now_url": list_url("leads_company", rules="now"),
        "now_count": sum(count for version, count in versions if version == rules.version),
        "unscored": scanned().filter(score__isnull=True).count(),
        "unscored_url": list_url("leads_company", rules="none"),
    }


def run_context(run: ScoringRun) -> dict[str, Any]:
    """What a run found: the matrix of segments, and the first companies that differ."""
    after = [segment.value for segment in Segment]
    before = [name for name in [*after, NOT_SCORED] if name in run.moves]
    return {
        "run": run,
        "bar": progress_bar(run),
        "began": ago(run.created_at),
        "ended": ago(run.finished_at) if run.finished_at else "",
        "after": after,
        "matrix": [
            (name, [(run.moves[name].get(other, 0), name == other) for other in after], sum(run.moves[name].values()))
            for name in before
        ],
        "examples": [(one["domain"], words(one["before"]), words(one["after"])) for one in run.examples],
        "more": max(0, run.changed - len(run.examples)),
    }


def words(standing: dict[str, Any]) -> str:
    """Like: 70, Existing, P4, priority 3."""
    if standing["score"] is None:
        return NOT_SCORED
    return (
        f"{standing['score']}, {standing['segment']}, {standing['priority_category']}, priority {standing['priority']}"
    )


def state_badge(run: ScoringRun) -> SafeString:
    if run.finished_at is None:
        return badge("running", Tone.RUNNING)
    return badge("done", Tone.GOOD) if run.applies else badge("nothing written", Tone.ASIDE)


def progress_bar(run: ScoringRun) -> SafeString:
    share = 100 if run.finished_at or not run.total else min(100, round(100 * run.looked / run.total))
    return format_html(
        '<span class="h-bar" style="min-width:6rem"><span class="h-bar-fill" style="width:{0}%"></span></span>'
        '<span class="h-muted h-small">{1} of {2}</span>', share, number(run.looked), number(run.total),
    )  # fmt: skip
