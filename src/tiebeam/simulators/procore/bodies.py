"""Request bodies: JSON, forms with brackets in their names, and multipart forms with files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from tiebeam.simulators.procore.errors import ApiError, missing_parameter

if TYPE_CHECKING:
    from tiebeam.simulators.base.messages import SimRequest

_STEP = re.compile(r"\[([^\]]*)\]")
_PARAMETER = re.compile(r';\s*([\w*-]+)="((?:[^"\\]|\\.)*)"|;\s*([\w*-]+)=([^;\s]+)')


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a part of a form."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body, in the order of sending."""

    name: str
    value: str | SentFile


class Body:
    """The fields of a body, nested; a file is a `SentFile`. A JSON array is in `items`."""

    def __init__(self, content: Any) -> None:
        """Raises ApiError 400 for what is neither an object nor an array."""
        if not isinstance(content, dict | list):
            raise ApiError(400, "The request body must be an object")
        self.fields: dict[str, Any] = content if isinstance(content, dict) else {}
        self.items: list[Any] | None = content if isinstance(content, list) else None

    def wrapped(self, name: str) -> dict[str, Any]:
        """The object under a name. Raises ApiError 400 when it is not there."""
        inner = self.fields.get(name)
        if not isinstance(inner, dict) or not inner:
            raise missing_parameter(name)
        return inner

    def listed(self, name: str) -> list[dict[str, Any]]:
        """The objects of an array under a name, which a form may number. Raises ApiError 400."""
        inner = as_list(self.fields.get(name))
        if inner is None or not all(isinstance(item, dict) for item in inner):
            raise missing_parameter(name)
        return inner

    def integer(self, name: str) -> int | None:
        """A whole number beside the wrapper; None when absent or not one."""
        value = self.fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        return int(value) if str(value).lstrip("-").isdecimal() else None


def read_body(request: SimRequest) -> Body:
    """The body in whatever way its Content-Type says. Raises ApiError 400 when it is not that."""
    kind = request.headers.get("content-type", "")
    try:
        if "json" in kind:
            return Body(json.loads(request.body or b"{}"))
        if kind.startswith("multipart/"):
            return Body(_nested((part.name, part.value) for part in read_parts(request)))
        return Body(_nested(parse_qsl(request.body.decode(), keep_blank_values=True)))
    except ValueError as error:
        raise ApiError(400, "The request body could not be read as what its Content-Type says") from error


def read_parts(request: SimRequest) -> list[Part]:
    """The parts of a multipart body. Raises ValueError when it is damaged."""
    boundary = _parameters(request.headers.get("content-type", "")).get("boundary", "")
    if not boundary:
        raise ValueError("a multipart body needs a boundary in its Content-Type")
    marker = b"--" + boundary.encode()
    pieces = (b"\r\n" + request.body).split(b"\r\n" + marker)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise ValueError("the multipart body does not end with its boundary")
    return [_part(piece) for piece in pieces[1:-1]]


def as_list(value: Any) -> list[Any] | None:
    """An array, also when a form numbered its elements; None for anything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and all(name.isdecimal() for name in value):
        return [value[name] for name in sorted(value, key=int)]
    return None


def _part(piece: bytes) -> Part:
    head, divider, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not divider:
        raise ValueError("a part of the multipart body has no end of its headers")
    headers = {}
    for line in head.decode(errors="replace").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    named = _parameters(headers.get("content-disposition", ""))
    if "filename" not in named and "filename*" not in named:
        return Part(named.get("name", ""), data.decode())
    content_type = headers.get("content-type", "application/octet-stream")
    return Part(named.get("name", ""), SentFile(_filename(named), content_type, data))


def _parameters(header: str) -> dict[str, str]:
    """The parameters of a header; a name is taken as it stands, percent signs and all."""
    found = {}
    for quoted_name, quoted, name, bare in _PARAMETER.findall(header):
        found[(quoted_name or name).lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted_name else bare
    return found


def _filename(named: dict[str, str]) -> str:
    encoded = named.get("filename*", "")
    if encoded.lower().startswith("utf-8''"):
        return unquote(encoded[len("utf-8''") :])
    return named.get("filename", "").rpartition("/")[2].rpartition("\\")[2]


def _nested(pairs: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        root, bracket, _ = name.partition("[")
        _place(fields, [root, *(_STEP.findall(name[len(root) :]) if bracket else [])], value)
    return fields


def _place(target: dict[str, Any], steps: list[str], value: Any) -> None:
    name, rest = steps[0], steps[1:]
    if not rest:
        target[name] = value
    elif rest[0]:
        _place(_within(target, name, dict), rest, value)
    elif len(rest) == 1:
        _within(target, name, list).append(value)
    else:
        _place(_element(_within(target, name, list), rest[1]), rest[1:], value)


def _within(target: dict[str, Any], name: str, kind: type) -> Any:
    inner = target.setdefault(name, kind())
    if not isinstance(inner, kind):
        raise ValueError(f"{name} is used in two ways")  # noqa: TRY004 - a damaged body, like any other
    return inner


def _element(items: list[Any], first: str) -> dict[str, Any]:
    """The object that `x[][first]` goes into: a new one once the last has that name already."""
    if not items or not isinstance(items[-1], dict) or first in items[-1]:
        items.append({})
    last: dict[str, Any] = items[-1]
    return last
