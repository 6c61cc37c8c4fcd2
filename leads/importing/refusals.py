"""Why a file can't be read as a company list, each with the way out.

FileRefused            a HunterError: the file, not a row of it
└─ the sentences below, by what is wrong
"""

from __future__ import annotations

from hunter.errors import HunterError


class FileRefused(HunterError):
    """The file can't be read as a list; the message says why, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


def old_excel() -> FileRefused:
    return FileRefused(
        "This is an Excel file of the old kind (.xls), which Hunter does not read. Open it in Excel, choose "
        "Save as, Excel Workbook (.xlsx), and import that."
    )


def with_password() -> FileRefused:
    return FileRefused(
        "This workbook is protected by a password, so nobody can read it without. Open it in Excel, take the "
        "password away (File, Info, Protect Workbook), save it and import it again."
    )


def no_workbook(why: str) -> FileRefused:
    return FileRefused(
        f"This is no Excel workbook that can be read: {why}. Open it in Excel, save it as Excel Workbook (.xlsx) or as "
        "CSV, and import that."
    )


def damaged(why: str) -> FileRefused:
    return FileRefused(
        f"The file is damaged or was cut off on its way ({why}). Save or download it again, then import it again."
    )


def too_big_inside(why: str) -> FileRefused:
    return FileRefused(
        f"The workbook unpacks to far more than a list can hold ({why}), so it was not read. Save the sheet with the "
        "companies as CSV and import that."
    )


def nothing_inside() -> FileRefused:
    return FileRefused("The file has no rows. Check that it is the right one.")


def line_too_long(line: int, longest: int) -> FileRefused:
    return FileRefused(
        f"Line {line} is longer than {longest:,} characters: this is no list, or a quotation mark that opens there is "
        "never closed. Mend the line and import the file again."
    )
