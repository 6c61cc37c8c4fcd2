"""What Dataverse says when it refuses (contract 6): kinds of refusal, and the envelope they travel in."""

from __future__ import annotations

import enum
from typing import Any
from urllib.parse import quote

CDS = "Microsoft.PowerApps.CDS."


class Refusal(enum.Enum):
    """HTTP status and code, one for each row of the contract's table (6.2) that the simulator can bring about."""

    NOT_MEMBER = (403, "0x80072560")
    USER_DISABLED = (403, "0x80040225")
    NO_ROLES = (403, "0x80042F09")
    PRIVILEGE_MISSING = (403, "0x80040220")
    OWNER_CANNOT_READ = (403, "0x80040299")
    NO_SUCH_RECORD = (404, "0x80040217")
    NO_SUCH_KEY_VALUE = (404, "0x80060891")
    NO_SUCH_SEGMENT = (404, "0x8006088A")
    NO_SUCH_RESOURCE = (404, "")
    BAD_REQUEST = (400, "0x80060888")
    URL_TOO_LONG = (414, "0x80060888")
    WRONG_METHOD = (405, "0x80060888")
    WRONG_CONTENT_TYPE = (415, "0x80060888")
    BAD_PAYLOAD = (400, "0x80048D19")
    NOT_IMPLEMENTED = (501, "0x80040219")
    UNEXPECTED_SHAPE = (400, "0x80040216")
    EXPIRED_TOKEN = (400, "0x80044352")
    EXPIRED_TOKEN_410 = (410, "0x80044352")
    TOO_LONG = (400, "0x80044331")
    DECIMAL_RANGE = (400, "0x80044330")
    INTEGER_RANGE = (400, "0x8004432F")
    NO_SUCH_OPTION = (400, "0x8004431A")
    BAD_DATE = (400, "0x80040239")
    BAD_CHARACTERS = (400, "0x80040278")
    NOT_NULLABLE = (400, "0x8004203E")
    WRONG_STATUS = (400, "0x80048408")
    INVALID_ARGUMENT = (400, "0x80040203")
    INVALID_STATE = (400, "0x80040233")
    ALREADY_CLOSED = (400, "0x80040519")
    KEY_NOT_ACTIVE = (400, "0x8006088F")
    VERSION_MISMATCH = (412, "0x80060882")
    DUPLICATE_RECORD = (412, "0x80040237")
    DUPLICATE_KEY = (412, "0x80060892")
    DUPLICATE_RULE = (500, "0x80040333")
    DUPLICATE_RULE_412 = (412, "0x80040333")
    PLUGIN_REFUSED = (400, "0x80040265")
    MERGE_NOT_ACTIVE = (400, "0x80045304")
    MERGE_IDENTICAL = (400, "0x80045305")
    RESTORE_DUPLICATE = (412, "DuplicateExceptionRestoreRecycleBin")
    RESTORE_DUPLICATE_KEY = (412, "0x80049929")
    COLUMN_EXISTS = (400, "0x80047013")
    NAME_TAKEN = (400, "0x80047010")
    NAME_PREFIX = (400, "0x80044366")
    NAME_CHARACTERS = (400, "0x80044364")
    NAME_TOO_LONG = (400, "0x80044367")
    OPTION_PREFIX = (400, "0x80048402")
    SOLUTION_NAME = (400, "0x8004F002")
    SOLUTION_NAME_TAKEN = (400, "0x8004F023")
    READ_ONLY_PUBLISHER = (400, "0x8004F034")
    BOOLEAN_OPTIONS = (400, "0x8004431B")
    DATE_FORMAT = (400, "0x800608A2")
    OPTION_TAKEN = (400, "0x80044310")
    OPTIONS_USED_UP = (400, "0x8004431F")
    OPTION_TYPE = (400, "0x80044320")
    KEY_NAME_EXISTS = (400, "0x80060893")
    KEY_COLUMNS_EXIST = (400, "0x80060894")
    KEY_NOT_FAILED = (400, "0x80060897")
    CUSTOMIZATION_LOCK = (429, "0x80071151")
    CUSTOMIZATION_LOCK_503 = (503, "0x80071151")
    CUSTOMIZATION_RUNS = (429, "0x80090412")
    TOO_MANY_REQUESTS = (429, "0x80072322")
    TOO_MUCH_TIME = (429, "0x80072321")
    TOO_MANY_AT_ONCE = (429, "0x80072326")

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def code(self) -> str:
        return self.value[1]


class DataverseError(Exception):
    """A request that is refused: nothing it asked for has been done."""

    def __init__(self, refusal: Refusal, message: str, *, inner: str = "", retry_after: int | None = None) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.message = message
        self.inner = inner
        self.retry_after = retry_after

    def envelope(self, *, annotated: bool) -> dict[str, Any]:
        """The JSON body (contract 6.1); annotated when the caller's preferences ask for error details."""
        error: dict[str, Any] = {"code": self.refusal.code, "message": self.message}
        if annotated:
            error |= self._annotations()
        if self.inner:
            error["innererror"] = {
                "message": self.inner,
                "type": "Microsoft.Crm.CrmHttpException",
                "stacktrace": "   at Microsoft.Crm.Extensibility.OData.CrmODataExecutionContext",
            }
        return {"error": error}

    def _annotations(self) -> dict[str, str]:
        about = quote(f"Microsoft.Crm.CrmException:{self.refusal.code.removeprefix('0x').lower()}", safe="")
        return {
            f"@{CDS}ErrorDetails.OperationStatus": "0",
            f"@{CDS}ErrorDetails.SubErrorCode": "0",
            f"@{CDS}HelpLink": f"http://go.microsoft.com/fwlink/?LinkID=398563&error={about}&client=platform",
            f"@{CDS}TraceText": "",
            f"@{CDS}InnerError.Message": self.inner or self.message,
        }


def no_such_record(table: str, record_id: str) -> DataverseError:
    return DataverseError(Refusal.NO_SUCH_RECORD, f"Entity '{table}' With Id = {record_id} Does Not Exist")


def no_such_property(name: str, *, of_type: str = "Microsoft.Dynamics.CRM.lead") -> DataverseError:
    return DataverseError(Refusal.BAD_REQUEST, f"Could not find a property named '{name}' on type '{of_type}'.")


def bad_request(message: str) -> DataverseError:
    return DataverseError(Refusal.BAD_REQUEST, message)


def bad_payload(detail: str) -> DataverseError:
    """The body was not understood: type or name. The specific text is the inner error (contract 6.1, row 31)."""
    message = (
        "Error identified in Payload provided by the user for Entity :'leads', For more information on this error, "
        f"please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : "
        f"Microsoft.OData.ODataException: {detail}"
    )
    return DataverseError(Refusal.BAD_PAYLOAD, message, inner=detail)


def privilege_missing(privilege: str, *, user_id: str) -> DataverseError:
    message = (
        f"Principal user (Id={user_id}, type=8, roleCount=1, privilegeCount=12, accessMode='4 Non-interactive'), "
        f"is missing {privilege} privilege (Id=00000000-0000-0000-0000-000000000004) on OTC=4 for entity 'lead'."
    )
    return DataverseError(Refusal.PRIVILEGE_MISSING, message)
