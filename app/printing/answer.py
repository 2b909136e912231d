"""A printed sheet, or a file for an office program, as an answer to a browser; a sheet is made once for the same words."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from flask import Response, make_response, request
from werkzeug.wrappers import Response as BaseResponse

from app.printing.paper import SIZES, Paper, render
from app.printing.tables import CSV, XLSX, Table, rows_as_text, workbook
from app.printing.word import document

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MOST_KEPT = 48
_kept: OrderedDict[str, bytes] = OrderedDict()
_guard = threading.Lock()


def size_asked() -> str:
    """The size of paper that the address asks for."""
    size = request.args.get("size", "a4").lower()
    return size if size in SIZES else "a4"


def sheet(paper: Paper, name: str) -> Response:
    """A sheet that may be kept: by its reader's browser until it changes, and by this process."""
    key = paper.key
    if request.if_none_match.contains(key):
        response = make_response(b"", 304)
    else:
        response = _pdf(_made(key, paper), name)
    response.set_etag(key)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def word(paper: Paper, name: str) -> BaseResponse:
    """The same sheet as a Word document, to write on in."""
    return _file(document(paper), DOCX, f"{name}.docx")


def excel(tables: Sequence[Table], title: str, at: int, name: str) -> BaseResponse:
    """Tables as a workbook, one a leaf."""
    return _file(workbook(tables, title, at), XLSX, f"{name}.xlsx")


def plain(table: Table, name: str) -> BaseResponse:
    """A table as comma-separated values."""
    return _file(rows_as_text(table), CSV, f"{name}.csv")


def _file(data: bytes, kind: str, name: str) -> BaseResponse:
    response = make_response(data)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)


def once(paper: Paper, name: str) -> Response:
    """A sheet with what only its reader may know: it is kept nowhere."""
    response = _pdf(render(paper), name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _made(key: str, paper: Paper) -> bytes:
    with _guard:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = render(paper)
    with _guard:
        _kept[key] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _pdf(data: bytes, name: str) -> Response:
    response = make_response(data)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f"attachment; filename={name}.pdf"
    return response
