"""A column as its metadata shows it: what all types have, and what each type adds (contract 10.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hunter.sandbox.dataverse.guids import fixed_guid
from hunter.sandbox.dataverse.schema import Column, ColumnType, Option

Json = dict[str, Any]
ENGLISH = 1033
NO_LABEL: Json = {"LocalizedLabels": [], "UserLocalizedLabel": None}
CRM = "#Microsoft.Dynamics.CRM."
TYPE_NAMES = {
    ColumnType.UNIQUEIDENTIFIER: "UniqueIdentifier",
    ColumnType.CUSTOMER: "Lookup",
    ColumnType.OWNER: "Lookup",
}
TYPES_WITH_OPTIONS = frozenset({ColumnType.PICKLIST, ColumnType.STATE, ColumnType.STATUS})
CAPITALS = {"leadid": "LeadId", "subject": "Subject", "companyname": "CompanyName", "websiteurl": "WebSiteUrl"}


def attribute_of(column: Column) -> Json:
    """Everything the metadata tells of the column; option sets under the names that `$expand` uses."""
    type_name = TYPE_NAMES.get(column.type, column.type.value)
    own = _OWN_MEMBERS.get(column.type)
    return {
        "@odata.type": f"{CRM}{type_name}AttributeMetadata",
        "AttributeType": column.type.value,
        "AttributeTypeName": {"Value": f"{column.type.value}Type"},
        "LogicalName": column.name,
        "SchemaName": column.schema_name or column.name
        if column.is_custom
        else CAPITALS.get(column.name, column.name.capitalize()),
        "EntityLogicalName": "lead",
        "AttributeOf": None,
        "DisplayName": label(column.label, column.name, column.translations),
        "Description": label(column.description, f"{column.name}:about") if column.description else NO_LABEL,
        "RequiredLevel": {
            "Value": column.required,
            "CanBeChanged": column.required != "SystemRequired",
            "ManagedPropertyLogicalName": "canmodifyrequirementlevelsettings",
        },
        "IsValidForCreate": column.create,
        "IsValidForUpdate": column.update,
        "IsValidForRead": True,
        "IsCustomAttribute": column.is_custom,
        "IsManaged": not column.is_custom,
        "IsPrimaryId": column.name == "leadid",
        "IsPrimaryName": column.name == "fullname",
        "MetadataId": fixed_guid(f"column:{column.name}"),
        **(own(column) if own else {}),
    }


def helper_attribute_of(column: Column) -> Json:
    """The column that carries a choice's text in forms. It is listed, and is no property of the API (contract 10.3)."""
    name = f"{column.name}name"
    hidden = Column(name=name, type=ColumnType.STRING, label="", create=False, update=False)
    return {
        **attribute_of(hidden),
        "@odata.type": f"{CRM}AttributeMetadata",
        "AttributeType": "Virtual",
        "AttributeTypeName": {"Value": "VirtualType"},
        "AttributeOf": column.name,
    }


def label(text: str, owner: str, translations: Mapping[int, str] | None = None) -> Json:
    """A text in English, which is the user's language here, and in others."""
    shown = _localized(text, ENGLISH, owner)
    others = [_localized(other, code, owner) for code, other in (translations or {}).items()]
    return {"LocalizedLabels": [shown, *others], "UserLocalizedLabel": dict(shown)}


def _localized(text: str, language: int, owner: str) -> Json:
    return {
        "Label": text,
        "LanguageCode": language,
        "IsManaged": False,
        "MetadataId": fixed_guid(f"label:{owner}:{text}"),
        "HasChanged": None,
    }


def _option(option: Option, column: Column) -> Json:
    shown: Json = {
        "Value": option.value,
        "Label": label(option.label, f"{column.name}:{option.value}", option.translations),
        "Description": NO_LABEL,
        "Color": None,
        "IsManaged": not column.is_custom,
        "ExternalValue": "",
        "ParentValues": [],
    }
    if column.type is ColumnType.STATUS:
        shown |= {"State": option.state, "TransitionData": None}
    if column.type is ColumnType.STATE:
        shown |= {"DefaultStatus": option.default_status, "InvariantName": option.label}
    return shown


def _text(column: Column) -> Json:
    return {
        "MaxLength": column.max_length,
        "DatabaseLength": column.max_length * 2,
        "Format": column.format,
        "FormatName": {"Value": column.format},
        "AutoNumberFormat": None,
    }


def _memo(column: Column) -> Json:
    return {"MaxLength": column.max_length, "Format": "TextArea", "ImeMode": "Auto", "IsLocalizable": False}


def _integer(column: Column) -> Json:
    return {"MinValue": int(column.minimum), "MaxValue": int(column.maximum), "Format": "None", "SourceTypeMask": 0}


def _big_int(column: Column) -> Json:
    return {"MinValue": -(2**63), "MaxValue": 2**63 - 1}


def _fraction(column: Column) -> Json:
    return {"MinValue": float(column.minimum), "MaxValue": float(column.maximum), "Precision": column.precision}


def _money(column: Column) -> Json:
    return {**_fraction(column), "PrecisionSource": 2, "IsBaseCurrency": column.name.endswith("_base")}


def _boolean(column: Column) -> Json:
    options = [_option(Option(value=value, label=text), column) for value, text in enumerate(column.labels)]
    option_set = {
        "MetadataId": fixed_guid(f"optionset:{column.name}"),
        "OptionSetType": "Boolean",
        "IsGlobal": False,
        "TrueOption": options[1],
        "FalseOption": options[0],
    }
    return {"DefaultValue": bool(column.default), "OptionSet": option_set, "GlobalOptionSet": None}


def _date_time(column: Column) -> Json:
    is_day = column.behavior == "DateOnly"
    return {"Format": "DateOnly" if is_day else "DateAndTime", "DateTimeBehavior": {"Value": column.behavior}}


def _choice(column: Column) -> Json:
    option_set = {
        "MetadataId": fixed_guid(f"optionset:{column.name}"),
        "Name": f"lead_{column.name}",
        "OptionSetType": column.type.value,
        "IsGlobal": False,
        "Options": [_option(option, column) for option in column.options],
    }
    default = -1 if column.default is None else column.default
    return {"DefaultFormValue": default, "OptionSet": option_set, "GlobalOptionSet": None}


def _lookup(column: Column) -> Json:
    return {"Targets": list(column.targets)}


_OWN_MEMBERS: dict[ColumnType, Callable[[Column], Json]] = {
    ColumnType.STRING: _text,
    ColumnType.MEMO: _memo,
    ColumnType.INTEGER: _integer,
    ColumnType.BIG_INT: _big_int,
    ColumnType.DECIMAL: _fraction,
    ColumnType.DOUBLE: _fraction,
    ColumnType.MONEY: _money,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE_TIME: _date_time,
    ColumnType.PICKLIST: _choice,
    ColumnType.STATE: _choice,
    ColumnType.STATUS: _choice,
    ColumnType.LOOKUP: _lookup,
    ColumnType.OWNER: _lookup,
    ColumnType.CUSTOMER: _lookup,
}
