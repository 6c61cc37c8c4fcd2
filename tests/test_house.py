"""The house keeps its own rules (R8.1, house style): what a machine can check, people do not discuss."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("hunter", "leads", "referrals", "crm")
LONGEST_FUNCTION, LONGEST_FILE = 60, 400
NOT_NAMES = frozenset(
    {"utils", "helpers", "common", "misc", "base", "core", "lib", "manager", "handler", "processor", "util", "helper"}
)
NAMED_BY_DJANGO = frozenset({"hunter/postgres/base.py"})  # a database backend's module must be called so
TOP_LEVEL = frozenset({"hunter", "leads", "referrals", "crm", "tests", "docs", "benchmarks", ".ci"})
REQUIREMENTS = re.compile(r"\bR\d\.\d{1,2}\b")


def tracked(*patterns: str) -> list[Path]:
    """The files of the repository, as git knows them, that still exist."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def specifications() -> list[Path]:
    """The tests, but for this file, which names what it forbids."""
    return [path for path in tracked("tests/*.py") if path.name != "test_house.py"]


def product_files() -> list[Path]:
    """The product's Python, without migrations."""
    files = tracked(*(f"{app}/*.py" for app in PRODUCT), "manage.py")
    return [path for path in files if "migrations" not in path.parts]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


PRODUCT_FILES = product_files()


@pytest.mark.proves("R8.1")
def test_no_function_is_longer_than_sixty_lines():
    too_long = [
        f"{name_of(path)}:{function.lineno} {function.name}"
        for path in PRODUCT_FILES
        for function in functions(ast.parse(path.read_text()))
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    ]

    assert too_long == []


@pytest.mark.proves("R8.1")
def test_no_file_is_longer_than_four_hundred_lines():
    too_long = [name_of(path) for path in PRODUCT_FILES if len(path.read_text().splitlines()) > LONGEST_FILE]

    assert too_long == []


def test_a_module_is_named_after_what_is_in_it():
    names = [path.relative_to(ROOT) for path in PRODUCT_FILES]
    nameless = [path.as_posix() for path in names if path.stem in NOT_NAMES or path.parent.name in NOT_NAMES]

    assert set(nameless) == NAMED_BY_DJANGO


def test_every_module_says_what_it_is_for():
    silent = [
        name_of(path)
        for path in PRODUCT_FILES
        if path.name != "__init__.py"
        and "commands" not in path.parts  # their `help` says it
        and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def public_definitions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node


def test_every_service_client_and_model_says_what_it_promises():
    rooms = ("services", "models", "client.py", "models.py")
    silent = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in PRODUCT_FILES
        if any(room in path.parts for room in rooms)
        for node in public_definitions(path)
        if not ast.get_docstring(node)
    ]

    assert silent == []


def test_the_top_of_the_house_has_the_agreed_rooms_only():
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}

    assert folders <= TOP_LEVEL


def read_variables() -> set[str]:
    """The names of all environment variables that the settings read."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / "hunter" / "settings.py").read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called_on = node.func.value
            if isinstance(called_on, ast.Name) and called_on.id == "env" and node.args:
                argument = node.args[0]
                if isinstance(argument, ast.Constant):
                    names.add(str(argument.value))
    return names - {"READ_DOT_ENV"}


def test_every_environment_variable_stands_in_the_example():
    example = (ROOT / ".env.example").read_text()

    missing = [name for name in sorted(read_variables()) if not re.search(rf"^#?{name}=", example, re.MULTILINE)]

    assert missing == []


def test_every_relative_link_in_the_documents_leads_somewhere():
    broken = [
        f"{name_of(page)}: {target}"
        for page in tracked("*.md")
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]

    assert broken == []


def test_no_open_ends_are_left_in_the_code():
    unfinished = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b")

    left = [
        name_of(path)
        for path in tracked("*.py")
        if path.name != "test_house.py" and unfinished.search(path.read_text())
    ]

    assert left == []


@pytest.mark.proves("R6.2")
def test_our_own_code_is_never_mocked():
    mocking = re.compile(r"unittest\.mock|\bmocker\b|MagicMock|monkeypatch\.setattr")

    assert [name_of(path) for path in specifications() if mocking.search(path.read_text())] == []


def test_no_test_sleeps():
    asleep = re.compile(r"\btime\.sleep\(")

    assert [name_of(path) for path in specifications() if asleep.search(path.read_text())] == []


@pytest.mark.proves("R8.2")
def test_only_a_crms_own_folder_knows_which_crm_it_is():
    list_example_default = ("crm/registry.py", "crm/api/examples.py", "crm/management/commands/explain_payload.py")

    knowing = {
        name_of(path)
        for path in PRODUCT_FILES
        if path.is_relative_to(ROOT / "crm") and "dynamics365" not in path.parts and "dynamics365" in path.read_text()
    }

    assert knowing <= set(list_example_default)


@pytest.mark.proves("R8.4")
def test_nothing_outside_the_ledger_tries_again_by_itself():
    own_retries = re.compile(r"\b(time|asyncio)\.sleep\((?!0\))|tenacity|urllib3\.util\.retry")

    assert [name_of(path) for path in PRODUCT_FILES if own_retries.search(path.read_text())] == []


@pytest.mark.proves("R6.6")
def test_each_run_prints_its_slowest_tests(pytestconfig):
    shown = pytestconfig.getoption("durations")
    assert shown == 0 or shown >= 10  # 0 prints them all


@pytest.mark.proves("R6.5")
def test_rows_for_tests_come_from_shared_factories():
    making = re.compile(r"\b(Referral|CrmRecord)\.objects\.create\(")

    assert [
        name_of(path) for path in specifications() if "factories" not in path.parts and making.search(path.read_text())
    ] == []


def proven_requirements() -> set[str]:
    """The requirements that a test stands for."""
    marks = re.compile(r"proves\(([^)]*)\)")
    found = [mark for path in tracked("tests/*.py") for mark in marks.findall(path.read_text())]
    return set(REQUIREMENTS.findall(" ".join(found)))


def test_every_requirement_has_a_test_that_stands_for_it():
    wanted = {
        f"R{chapter}.{number}"
        for chapter, last in enumerate((13, 7, 7, 8, 8, 7, 7, 4), start=1)
        for number in range(1, last + 1)
    }

    assert wanted - proven_requirements() == set()


@pytest.mark.proves("R6.7")
def test_the_marks_name_requirements_that_exist():
    named = re.compile(r"proves\(([^)]*)\)")
    unknown = [
        f"{name_of(path)}: {mark}"
        for path in specifications()
        for marks in named.findall(path.read_text())
        for mark in re.findall(r"\"([^\"]+)\"", marks)
        if not (REQUIREMENTS.fullmatch(mark) or re.fullmatch(r"C[1-6]", mark))
    ]

    assert unknown == []
