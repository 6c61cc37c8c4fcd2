"""Columns as Dataverse wants them described (contract 16.2, 16.3). The platform fills in what is not said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from crm.interface import ColumnType, WantedColumn

CRM: Final = "Microsoft.Dynamics.CRM"
ENGLISH: Final = 1033
OPTION_PREFIX: Final = 81_694
FIRST_OPTION: Final = OPTION_PREFIX * 10_000
Json = dict[str, Any]


def column_body(column: WantedColumn, *, language: int = ENGLISH) -> Json:
    """The body of the POST; labels are in the environment's own language as well as in ours."""
    kind, members = _KINDS[column.type]
    return {
        "@odata.type": f"{CRM}.{kind}AttributeMetadata",
        "AttributeType": kind,
        "AttributeTypeName": {"Value": f"{kind}Type"},
        "SchemaName": column.name,
        "DisplayName": label(column.title, language=language),
        "RequiredLevel": {
            "Value": "None",  # a required column would hinder the customer's people in their forms (16.2)
            "CanBeChanged": True,
            "ManagedPropertyLogicalName": "canmodifyrequirementlevelsettings",
        },
        **members(column, language),
    }


def key_body(name: str, columns: list[str], *, language: int = ENGLISH) -> Json:
    """An alternate key over these columns."""
    return {
        "@odata.type": f"{CRM}.EntityKeyMetadata",
        "SchemaName": name,
        "DisplayName": label("Domain", language=language),
        "KeyAttributes": columns,
    }


def label(text: str, *, language: int) -> Json:
    """A text in the environment's base language, and in English where that is another."""
    return {
        "@odata.type": f"{CRM}.Label",
        "LocalizedLabels": [
            {"@odata.type": f"{CRM}.LocalizedLabel", "Label": text, "LanguageCode": code}
            for code in dict.fromkeys((language, ENGLISH))
        ],
    }


def _text(column: WantedColumn, language: int) -> Json:
    return {"FormatName": {"Value": "Text"}, "MaxLength": column.length}


def _memo(column: WantedColumn, language: int) -> Json:
    return {"Format": "TextArea", "ImeMode": "Disabled", "IsLocalizable": False, "MaxLength": column.length}


def _integer(column: WantedColumn, language: int) -> Json:
    return {"Format": "None", "MinValue": column.least, "MaxValue": column.most, "SourceTypeMask": 0}


def _decimal(column: WantedColumn, language: int) -> Json:
    return {"MinValue": float(column.least or 0), "MaxValue": float(column.most or 0), "Precision": column.places}


def _boolean(column: WantedColumn, language: int) -> Json:
    return {
        "DefaultValue": False,
        "OptionSet": {
            "OptionSetType": "Boolean",
            "TrueOption": {"Value": 1, "Label": label("Yes", language=language)},
            "FalseOption": {"Value": 0, "Label": label("No", language=language)},
        },
    }


def _date_time(column: WantedColumn, language: int) -> Json:
    return {"Format": "DateAndTime", "DateTimeBehavior": {"Value": "UserLocal"}, "ImeMode": "Disabled"}


def _picklist(column: WantedColumn, language: int) -> Json:
    """Numbers are sent, so that every environment has the same ones; ours count from our publisher's range."""
    numbers = [
        FIRST_OPTION + place if number is None else number for place, number in enumerate(column.options.values())
    ]
    return {
        "SourceTypeMask": 0,
        "OptionSet": {
            "@odata.type": f"{CRM}.OptionSetMetadata",
            "IsGlobal": False,
            "OptionSetType": "Picklist",
            "Options": [
                {"Value": number, "Label": label(text, language=language)}
                for text, number in zip(column.options, numbers, strict=True)
            ],
        },
    }


_KINDS: Final[Mapping[ColumnType, tuple[str, Callable[[WantedColumn, int], Json]]]] = {
    ColumnType.TEXT: ("String", _text),
    ColumnType.LINES: ("Memo", _memo),
    ColumnType.WHOLE: ("Integer", _integer),
    ColumnType.DECIMAL: ("Decimal", _decimal),
    ColumnType.YES_NO: ("Boolean", _boolean),
    ColumnType.MOMENT: ("DateTime", _date_time),
    ColumnType.CHOICE: ("Picklist", _picklist),
}
