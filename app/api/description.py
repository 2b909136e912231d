"""The description of the open data by OpenAPI 3.1, made from the lists and their columns."""

from __future__ import annotations

from typing import Any

from app.api.asked import Parameter, parameters
from app.api.columns import schema_of
from app.api.kinds import RESOURCES
from app.api.resource import Resource
from app.core.problem import ROOT

VERSION = "1.0.0"
ABOUT = """\
What the public pages of this site show, to be read by programs. Read only, without a key, the same for everybody: nothing
here looks at cookies. Authors are left out, but for residents who chose to be named; drafts, hidden comments, what only
members of a community may read, and results before the close are not here.

Lists go on by `cursor`, in an order in which what becomes public later comes later: keep the last cursor, and ask again
with it for what is new. Every list is also a CSV of the same columns (UTF-8). A text that begins with `=`, `+`, `-`, `@`, a
tab, a carriage return or `'` has one `'` before it there, so that no spreadsheet runs it: take it away. Nested values are
JSON in their cell; a cell without a value is empty.

Every answer has an `ETag`; send it as `If-None-Match`, and what did not change is answered with 304. Refusals are RFC 9457
problems. Other methods than GET, HEAD and OPTIONS are answered with 405 and `Allow`."""
ETAG = {"ETag": {"$ref": "#/components/headers/ETag"}, "Cache-Control": {"$ref": "#/components/headers/CacheControl"}}
LINKED = {**ETAG, "Link": {"$ref": "#/components/headers/Link"}}
REFUSALS = {
    "400": ("BadRequest", "The address or the request can't be read."),
    "404": ("NotFound", "There is no such thing, or none that everybody may see."),
    "405": ("MethodNotAllowed", "Nothing can be changed here."),
    "406": ("NotAcceptable", "The request will not take what is here."),
    "422": ("Invalid", "The address asks for something that is not there; `errors` names each part that is wrong."),
    "429": ("TooMany", "Too many requests from this address."),
    "503": ("Unavailable", "The database does not answer just now."),
}
MORE_HEADERS = {
    "405": {"Allow": {"required": True, "schema": {"type": "string"}, "description": "The methods that are answered."}},
    "429": {"Retry-After": {"required": True, "schema": {"type": "integer"}, "description": "After how many seconds."}},
}
IF_NONE_MATCH = {"$ref": "#/components/parameters/IfNoneMatch"}


def describe(server: str) -> dict[str, Any]:
    """The description, for a server at this address."""
    paths: dict[str, Any] = {
        ROOT: _get("index", "What lists there are.", [], _content("application/json", _ref("Index")), "lists"),
        f"{ROOT}/openapi.json": _get(
            "description", "This description.", [], _content("application/json", {"type": "object"}), "lists"
        ),
    }
    for resource in RESOURCES:
        paths |= _paths(resource)
    paths[f"{ROOT}/records/{{id}}/body"] = _get(
        "record_body",
        "The bytes of a record as they were hashed: canonical JSON, whose SHA-256 the list of records has.",
        [_one(resource=next(item for item in RESOURCES if item.key == "records"))],
        _content("application/json", {"type": "object"}),
        "records",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Qiding open data",
            "version": VERSION,
            "description": ABOUT,
            "termsOfService": f"{server}/api#terms",
        },
        "servers": [{"url": server}],
        "tags": [{"name": item.key, "description": str(item.about)} for item in RESOURCES],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "headers": _headers(),
            "responses": _refusals(),
            "parameters": {
                "IfNoneMatch": {
                    "name": "If-None-Match",
                    "in": "header",
                    "required": False,
                    "description": "The ETag of what one has.",
                    "schema": {"type": "string"},
                }
            },
        },
    }


def _paths(resource: Resource) -> dict[str, Any]:
    asks = [_parameter(item) for item in parameters(resource)]
    about, name, row = str(resource.about), str(resource.title), _ref(_name(resource))
    page = {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": row, "maxItems": 200},
            "cursor": {
                "type": ["string", "null"],
                "description": "Where this part stops: go on from there, now or later. Null where nothing is there yet.",
            },
            "next": {
                "type": ["string", "null"],
                "format": "uri",
                "description": "The address of the next part, where there is more now.",
            },
        },
        "required": ["data", "cursor", "next"],
        "additionalProperties": False,
    }
    found = {
        f"{ROOT}/{resource.key}": _get(
            f"list_{resource.key}", f"{name}: {about}", asks, _content("application/json", page), resource.key, LINKED
        ),
        f"{ROOT}/{resource.key}.csv": _get(
            f"list_{resource.key}_csv",
            f"{name} as CSV, with the columns {', '.join(column.key for column in resource.columns)}.",
            asks,
            _content("text/csv", {"type": "string"}),
            resource.key,
            LINKED,
        ),
    }
    if resource.find is not None:
        found[f"{ROOT}/{resource.key}/{{id}}"] = _get(
            f"get_{resource.key}",
            f"{name}: one of them.",
            [_one(resource)],
            _content("application/json", row),
            resource.key,
        )
    return found


def _get(
    operation: str,
    summary: str,
    asks: list[dict[str, Any]],
    content: dict[str, Any],
    tag: str,
    headers: dict[str, Any] = ETAG,
) -> dict[str, Any]:
    responses: dict[str, Any] = {
        "200": {"description": "Here it is.", "headers": headers, "content": content},
        "304": {"description": "It did not change.", "headers": ETAG},
    }
    responses |= {status: {"$ref": f"#/components/responses/{name}"} for status, (name, _) in REFUSALS.items()}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "tags": [tag],
            "parameters": [*asks, IF_NONE_MATCH],
            "responses": responses,
        }
    }


def _parameter(item: Parameter) -> dict[str, Any]:
    return {
        "name": item.key,
        "in": "query",
        "required": False,
        "description": str(item.meaning),
        "schema": dict(item.schema),
    }


def _one(resource: Resource) -> dict[str, Any]:
    column = resource.columns[0]
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": f"What it is called in the list: its {column.key}.",
        "schema": {key: value for key, value in column.schema().items() if key != "description"},
    }


def _content(mime: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {mime: {"schema": schema}}


def _name(resource: Resource) -> str:
    return resource.key.capitalize()


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Any]:
    address = {"type": "string", "format": "uri"}
    listed = {"key": {"type": "string"}, "title": {"type": "string"}, "json": address, "csv": address}
    return {
        **{_name(item): schema_of(item.columns) | {"description": str(item.about)} for item in RESOURCES},
        "Index": {
            "type": "object",
            "properties": {
                "lists": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": listed,
                        "required": [*listed],
                        "additionalProperties": False,
                    },
                },
                "description": address,
                "page": address,
            },
            "required": ["lists", "description", "page"],
            "additionalProperties": False,
        },
        "Problem": {
            "type": "object",
            "description": "A refusal, by RFC 9457.",
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"type": "string"},
                "detail": {"type": "string"},
                "errors": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "required": ["type", "title", "status", "code"],
            "additionalProperties": False,
        },
    }


def _headers() -> dict[str, Any]:
    return {
        "ETag": {"required": True, "schema": {"type": "string"}, "description": "Names this state of the answer."},
        "CacheControl": {"required": True, "schema": {"type": "string"}, "description": "Keep it, and ask about it."},
        "Link": {"required": False, "schema": {"type": "string"}, "description": "The next part, as rel=next."},
    }


def _refusals() -> dict[str, Any]:
    content = _content("application/problem+json", _ref("Problem"))
    return {
        name: {"description": says, "content": content, "headers": MORE_HEADERS.get(status, {})}
        for status, (name, says) in REFUSALS.items()
    }
