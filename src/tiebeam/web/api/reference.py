"""The API as pages: a reference, made on the server from the OpenAPI document, and Swagger UI to try it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from starlette.exceptions import HTTPException

from tiebeam.web.api.route import ALWAYS, HEADERS, WORDS
from tiebeam.web.rendering import rendered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_REF: Final = "#/components/schemas/"
_PAGE: Final = "Page_"
_EVERYWHERE: Final = tuple(sorted((*ALWAYS, 304, 411, 413, 415)))
"""What is told once, for all that read or all that change."""


async def swagger(_: Request) -> Response:
    """Show the page on which operations are tried out; the browser reads the OpenAPI document itself."""
    return rendered(
        "swagger.html", {"title": "Try the API", "viewer": None, "notice": "", "path": "/api/v1/swagger"}
    )


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, as the page shows it."""

    method: str
    path: str
    tag: str
    words: str
    permission: str
    parameters: list[dict[str, Any]]
    """Those of the path and the query."""
    headers: list[str]
    body: str | None
    answers: list[tuple[str, str, str | None]]
    """Status, what it means, and the name of its schema; without those that every operation may give."""

    @property
    def anchor(self) -> str:
        """How a link names it."""
        return f"{self.method}{self.path}".replace("/", "-").replace("{", "").replace("}", "")


def reference(made: FastAPI) -> Callable[[Request], Awaitable[Response]]:
    """Return what shows the reference: every operation in a line, or those of one tag in full."""

    async def page(request: Request) -> Response:
        document, tag = made.openapi(), request.path_params.get("tag")
        found = [one for one in operations(document) if tag in (None, one.tag)]
        if not found:
            raise HTTPException(404)
        named = _reached(document, found) if tag else {"ProblemBody"}
        schemas = {name: document["components"]["schemas"][name] for name in sorted(named)}
        shown = {
            "title": f"API: {tag}" if tag else "API",
            "viewer": None,
            "notice": "",
            "path": "/api/v1/docs",
            "tag": tag,
            "about": document["info"],
            "base": document["servers"][0]["url"],
            "headers": list(HEADERS.values()),
            "always": [(status, WORDS[status]) for status in _EVERYWHERE],
            "operations": found,
            "tags": list(dict.fromkeys(one.tag for one in found)),
            "schemas": {name: list(_fields(schema)) for name, schema in schemas.items()},
            "words": {name: schema.get("description", "") for name, schema in schemas.items()},
        }
        return rendered("reference.html", shown)

    return page


def _reached(document: Mapping[str, Any], found: Iterable[Operation]) -> set[str]:
    """Return the names of the schemas that operations speak of, and of those within them."""
    every = document["components"]["schemas"]
    left = [name for one in found for name in _refs(document["paths"][one.path][one.method])]
    seen: set[str] = set()
    while left:
        name = left.pop()
        if name not in seen:
            seen.add(name)
            left.extend(_refs(every[name]))
    return {name for name in seen if not name.startswith(_PAGE)} | {"ProblemBody"}


def _refs(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield str(node["$ref"]).removeprefix(_REF)
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from _refs(one)


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Return every operation of a document, in its order."""
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield _operation(method, path, item[method])


def _operation(method: str, path: str, one: Mapping[str, Any]) -> Operation:
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = [
        (status, answer.get("description", ""), _named(_schema_of(answer)))
        for status, answer in sorted(one["responses"].items())
        if int(status) not in _EVERYWHERE
    ]
    return Operation(
        method=method,
        path=path,
        tag=one.get("tags", [""])[-1],
        words=one.get("description") or one.get("summary", ""),
        permission=one["x-permission"],
        parameters=[
            {**parameter, "type": type_of(parameter.get("schema", {}))}
            for parameter in one.get("parameters", [])
            if parameter["in"] != "header"
        ],
        headers=[named["name"] for named in one.get("parameters", []) if named["in"] == "header"],
        body=_named(body),
        answers=answers,
    )


def _schema_of(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    found: Mapping[str, Any]
    for found in answer.get("content", {}).values():
        schema: Mapping[str, Any] | None = found.get("schema")
        return schema
    return None


def _named(schema: Mapping[str, Any] | None) -> str | None:
    if not schema or "$ref" not in schema:
        return None
    name = str(schema["$ref"]).removeprefix(_REF)
    return f"page of {name.removeprefix(_PAGE).removesuffix('_')}" if name.startswith(_PAGE) else name


def _fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, bool, str]]:
    required = schema.get("required", [])
    for name, one in schema.get("properties", {}).items():
        yield name, type_of(one), name in required, one.get("description", "")
    if "enum" in schema:
        yield "", " | ".join(map(str, schema["enum"])), True, ""


def type_of(schema: Mapping[str, Any]) -> str:
    """Return what a value is, in words: `integer`, `list of Job`, `string or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(_REF)
    if "anyOf" in schema:
        return " or ".join(type_of(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    kind = str(schema.get("format") or schema.get("type", "anything"))
    bounds = [f"{word} {schema[name]}" for name, word in _BOUNDS if name in schema]
    return " ".join([kind, *bounds])


_BOUNDS: Final = (("minimum", "from"), ("maximum", "to"), ("maxLength", "up to"))
