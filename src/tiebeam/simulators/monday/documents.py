"""What a request asks for: its GraphQL document read, checked against the schema, and weighed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
from graphql import FieldNode, GraphQLError, GraphQLSchema, OperationType, get_operation_ast, parse, validate
from graphql.language import FragmentDefinitionNode
from graphql.utilities import value_from_ast_untyped

from tiebeam.simulators.monday.complexity import cost, names
from tiebeam.simulators.monday.schema import schema

if TYPE_CHECKING:
    from graphql import DocumentNode, OperationDefinitionNode

SCHEMA: GraphQLSchema = schema()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as far as it can be understood."""

    problems: tuple[str, ...]
    """Why it cannot be answered; empty when it can."""
    document: DocumentNode | None = None
    operation: OperationDefinitionNode | None = None
    variables: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What it asks for, for faults and counts: `create_item` or `boards me`."""
        return " ".join(names(self.operation)) if self.operation else "(unreadable)"

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.operation is not None and self.operation.operation is OperationType.MUTATION

    @property
    def points(self) -> int:
        """Its complexity."""
        if self.document is None or self.operation is None:
            return 0
        fragments = {
            each.name.value: each
            for each in self.document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        return cost(self.operation, fragments, self.variables)

    def arguments(self, operation: str, name: str) -> list[Any]:
        """What is given as one argument of an operation, each time it is asked for."""
        selected = self.operation.selection_set.selections if self.operation else ()
        return [
            value_from_ast_untyped(argument.value, self.variables)
            for one in selected
            if isinstance(one, FieldNode) and one.name.value == operation
            for argument in one.arguments or ()
            if argument.name.value == name
        ]


def asked_by(body: bytes) -> Asked:
    """What a request's body asks for."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Asked(("Json request payload is invalid",))
    query = content.get("query") if isinstance(content, dict) else None
    if not isinstance(query, str) or not isinstance(content.get("variables") or {}, dict):
        return Asked(("No query string was present",))
    document, problems = _read(query)
    if document is None:
        return Asked(problems)
    operation = get_operation_ast(document, content.get("operationName"))
    if operation is None:
        return Asked((*problems, "No operation was named, and there is not exactly one"))
    return Asked(problems, document, operation, content.get("variables") or {})


@lru_cache(maxsize=500)
def _read(query: str) -> tuple[DocumentNode | None, tuple[str, ...]]:
    try:
        document = parse(query)
    except GraphQLError as error:
        return None, (f"Parse error: {error.message}",)
    return document, tuple(error.message for error in validate(SCHEMA, document))
