"""The documents say what there is: a command, setting, class, address or fault that they leave out fails here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import get_args

import pytest
from django.core.management import load_command_class
from drf_spectacular.generators import SchemaGenerator

from hunter.ops.api import problem_details
from hunter.ops.api.problem_details import ProblemType
from hunter.remote.errors import ERROR_CLASSES, ErrorKind
from hunter.remote.lanes import FIGURES, LaneName
from hunter.sandbox.dataverse.administering import EnvironmentAct
from hunter.sandbox.dataverse.editing import LeadAct
from hunter.sandbox.faults import OPERATIONS, SERVICES, Fault, FaultKind
from hunter.sandbox.hubspot.acts import HubSpotAct
from leads.lookups import QUESTIONS
from leads.mailbox_clues import load_clues
from tests.test_house import PRODUCT_FILES, ROOT

DOCS = ROOT / "docs"
OF_DJANGO = {
    "help",
    "version",
    "verbosity",
    "settings",
    "pythonpath",
    "traceback",
    "no_color",
    "force_color",
    "skip_checks",
}


def page(name: str) -> str:
    return (DOCS / name).read_text()


def section(text: str, title: str) -> str:
    """What stands below a heading, up to the next one; nothing where there is no such heading."""
    found = re.search(rf"^#+ `?{re.escape(title)}`?\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def rows(text: str) -> dict[str, str]:
    """The rows of a text's tables, by each name that stands in backquotes in the first cell."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return {name: line for line in lines for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])}


def commands() -> Iterator[tuple[str, str]]:
    """Each command of the project: its app and its name."""
    for path in PRODUCT_FILES:
        if path.parent.name == "commands" and path.stem != "__init__":
            yield ".".join(path.relative_to(ROOT).parts[:-3]), path.stem


def options_of(app: str, command: str) -> set[str]:
    parser = load_command_class(app, command).create_parser("manage.py", command)
    own = [action for action in parser._actions if action.dest not in OF_DJANGO]
    return {option for action in own for option in action.option_strings}


def told_of(command: str) -> str:
    """What the page of commands says of one; those that explain have a row each and share what stands above it."""
    text = page("reference/commands.md")
    if not command.startswith("explain_"):
        return section(text, command)
    shared = section(text, "Explain")
    own = [line for line in shared.splitlines() if f"`{command}`" in line]
    above = [line for line in shared.splitlines() if not line.startswith("|")]
    return "\n".join([*own, *above]) if own else ""


@pytest.mark.parametrize(("app", "command"), list(commands()), ids=lambda value: value)
def test_a_command_is_told_with_its_options_and_no_others(app, command):
    options = options_of(app, command)

    told = told_of(command)

    assert told
    assert set(re.findall(r"`(--[a-z-]+)", told)) - {"--file", "--json"} == options - {"--file", "--json"}
    assert {option for option in options if f"`{option}" not in told} == set()


def test_no_command_is_told_of_that_is_not_there():
    text = page("reference/commands.md")

    told = set(re.findall(r"^### `(\w+)`", text, re.MULTILINE)) | set(
        re.findall(r"^\| `(explain_\w+)`", text, re.MULTILINE)
    )

    assert told - {command for _, command in commands()} == set()


def test_the_settings_are_those_of_the_example():
    example = re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    text = page("reference/settings.md")

    in_tables = re.findall(r"^\| `([A-Z0-9_]+)`", text, re.MULTILINE)
    of_lanes = re.findall(r"`((?:LIMIT|CONCURRENCY)_[A-Z0-9_]+)`", text)

    assert {*in_tables, *of_lanes} == set(example)


@pytest.mark.parametrize("lane", LaneName)
def test_the_figures_of_a_lane_are_those_of_the_code(lane):
    figures = FIGURES[lane]

    row = next(line for line in page("reference/settings.md").splitlines() if f"`LIMIT_{lane.upper()}`" in line)

    assert row.endswith(f"| `{figures.rate:g},{figures.burst}`, {figures.slots} |")
    assert row.startswith(f"| {figures.title} |")


@pytest.mark.parametrize("kind", ErrorKind)
def test_a_class_of_error_is_told_with_its_strategy(kind):
    error = ERROR_CLASSES[kind]

    row = rows(page("reference/errors.md").split("## Which status")[0])[kind]

    assert row.split(" | ")[2:4] == ["yes" if error.retryable else "no", f"`{error.strategy}`"]


@pytest.mark.parametrize("kind", ErrorKind)
def test_a_class_of_error_is_told_with_the_answers_that_mean_it(kind):
    assert kind in rows(section(page("reference/errors.md"), "Which status is which class"))


def test_the_lookups_of_a_scan_are_told_with_the_names_that_are_asked():
    told = rows(section(page("reference/findings.md"), "Lookups"))

    assert set(QUESTIONS) <= set(told)
    assert [name for name, one in QUESTIONS.items() if one.prefix and one.prefix not in told[name]] == []


def test_the_weights_of_clues_and_what_they_need_are_told():
    text, clues = section(page("reference/findings.md"), "Who keeps the mailboxes"), load_clues()

    told = {int(line.split(" | ")[0][2:]) for line in text.splitlines() if line[2:3].isdigit()}
    assert told == {clue.weight for clue in clues.clue}
    assert f"{clues.confidence.high} or more is *high*" in text
    assert f"{clues.confidence.medium} or {clues.confidence.high - 1} *medium*" in text


def test_the_addresses_of_the_api_are_those_of_its_description():
    schema = SchemaGenerator().get_schema(public=True)["paths"]

    told = set(rows(section(page("reference/api.md"), "Addresses")))

    offered = {f"{method.upper()} {path}" for path, operations in schema.items() for method in operations}
    assert {name for name in told if " /api/" in name} == offered


def test_the_problems_of_the_api_are_told_with_their_status():
    types = [one for one in vars(problem_details).values() if isinstance(one, ProblemType)]

    told = rows(section(page("reference/api.md"), "Problems"))

    assert {name: int(row.split(" | ")[1]) for name, row in told.items()} == {one.name: one.status for one in types}


def test_the_faults_of_the_sandbox_are_told():
    told = rows(section(page("reference/sandbox.md"), "Faults"))

    assert set(told) == {*FaultKind, *SERVICES, *Fault.model_fields}


@pytest.mark.parametrize(("service", "operations"), OPERATIONS.items(), ids=OPERATIONS)
def test_the_operations_that_a_fault_can_be_bound_to_are_told(service, operations):
    row = next(
        line
        for line in page("reference/sandbox.md").splitlines()
        if line.startswith(f"| `{service}` | `") and "/" not in line
    )

    assert set(re.findall(r"`([^`]+)`", row)) == {service, *operations}


@pytest.mark.parametrize(
    ("heading", "models"),
    [("Edits", (*get_args(LeadAct), *get_args(EnvironmentAct))), ("Edits in HubSpot", get_args(HubSpotAct))],
)
def test_what_may_be_edited_at_a_crm_is_told(heading, models):
    acts = {word for model in models for word in get_args(model.model_fields["act"].annotation)}

    assert set(rows(section(page("reference/sandbox.md"), heading))) == acts


def crash_points() -> set[str]:
    """The names of all places in the code, with a * for each part that is put in when the place is passed."""
    shapes: set[str] = set()
    for path in PRODUCT_FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crash_point":
                shapes.add(shape_of(node.args[0]))
    return shapes


def shape_of(name: ast.expr) -> str:
    if isinstance(name, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in name.values)
    assert isinstance(name, ast.Constant)
    return str(name.value)


def test_the_crash_points_are_told_and_no_others():
    in_code = crash_points()

    told = {re.sub(r"<\w+>", "*", name) for name in rows(section(page("explanation/ledger.md"), "Crash points"))}

    assert {name for name in told if not any(fnmatchcase(name, shape) for shape in in_code)} == set()
    assert {
        shape for shape in in_code if not any(fnmatchcase(shape, name) or fnmatchcase(name, shape) for name in told)
    } == set()


def test_the_index_leads_to_every_document():
    linked = {(DOCS / target).resolve() for target in re.findall(r"\]\(([^)#]+)", page("README.md"))}

    assert {path for path in DOCS.rglob("*.md") if path.name != "README.md"} - linked == set()
