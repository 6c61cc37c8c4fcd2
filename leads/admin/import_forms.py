"""What people answer before an import: the file, how it is read, and which column is what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from unfold.widgets import UnfoldAdminFileFieldWidget

from hunter.errors import HunterError
from leads.importing.encodings import Encoding
from leads.importing.headers import Column
from leads.importing.layout import Layout
from leads.importing.opening import ReadingPlan
from leads.importing.separated import Separator
from leads.models import CompanyImport
from leads.services.import_files import largest, limit_words

COLUMN_LABELS: Mapping[Column, str] = {
    Column.COMPANY: "Company name",
    Column.WEBSITE: "Website",
    Column.DOMAIN: "Domain",
    Column.EMAIL: "E-mail",
    Column.PHONE: "Phone",
    Column.ADDRESS: "Address",
    Column.CITY: "City",
    Column.COUNTRY: "Country",
    Column.SECTOR: "Sector (kept)",
    Column.FAX: "Fax (kept)",
    Column.PLOT: "Plot (kept)",
    Column.STATE: "State (kept)",
    Column.NUMBER: "Number (kept)",
}
NOT_USED = ""


class UploadForm(forms.Form):
    """The list itself."""

    file = forms.FileField(
        label="List of companies",
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx", "data-drop": ""}),
    )

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        field = self.fields["file"]
        field.help_text = f"CSV or Excel (.xlsx), at most {settings.IMPORT_MAX_MB} MB. Choose it or drop it here."
        field.error_messages["required"] = f"No file has come. {limit_words()}"

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > largest():
            raise forms.ValidationError(f"The file has {file.size / 1024**2:,.0f} MB. {limit_words()}")
        return file


class ColumnsWidget(forms.Widget):
    """One choice for each column of the list, under one name, in their order."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        values: list[str] = data.getlist(name) if hasattr(data, "getlist") else []
        return values

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return ""  # the preview's table shows them


class ColumnsField(forms.Field):
    """What each column is: a kind, or nothing."""

    widget = ColumnsWidget

    def clean(self, value: Sequence[str]) -> dict[Column, int]:
        columns: dict[Column, int] = {}
        for place, name in enumerate(value):
            if name == NOT_USED:
                continue
            if name not in set(Column):
                raise forms.ValidationError(f"{name!r} is no kind of column.")
            if Column(name) in columns:
                raise forms.ValidationError(f"{COLUMN_LABELS[Column(name)]} is chosen for two columns. Choose one.")
            columns[Column(name)] = place
        return columns


class ReadingForm(forms.Form):
    """How the file is read."""

    encoding = forms.ChoiceField(required=False, choices=[("", ""), *((one.value, one.words) for one in Encoding)])
    separator = forms.ChoiceField(required=False, choices=[("", ""), *((one.value, one.words) for one in Separator)])
    sheet = forms.CharField(required=False, max_length=200)
    header_row = forms.IntegerField(required=False, min_value=0, max_value=1_048_576)

    def wish(self, plan: ReadingPlan) -> ReadingPlan:
        """The plan as chosen."""
        return wished(plan, self.cleaned_data)


class BeginForm(ReadingForm):
    """Which column is what, and whether the new companies are scanned."""

    columns = ColumnsField(required=False)
    scan_new = forms.BooleanField(required=False)


def wished(plan: ReadingPlan, answers: Mapping[str, Any]) -> ReadingPlan:
    """The plan with what a person chose for reading; what he left empty stays."""
    return replace(
        plan,
        encoding=Encoding(answers["encoding"]) if answers.get("encoding") else plan.encoding,
        separator=Separator(answers["separator"]) if answers.get("separator") else plan.separator,
        sheet=answers.get("sheet") or plan.sheet,
    )


def chosen_layout(run: CompanyImport, answers: Mapping[str, Any]) -> Layout:
    """The columns as chosen, under the header row as chosen. Raises HunterError when the reading was changed meanwhile."""
    plan = run.reading_plan
    if wished(plan, answers) != plan:
        raise HunterError(
            "You chose another encoding, separator or sheet: press Read again first, then look once more."
        )
    number = answers.get("header_row")
    number = plan.layout.header_row if number is None else number
    headers = next((tuple(cells) for row, cells in run.file.sample if row == number), ())
    return Layout(number, headers, answers["columns"])
