"""Traces for OpenTelemetry, when it is installed and an endpoint is set; otherwise nothing is imported."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import blake2b
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from tiebeam.kernel.correlation import trail
from tiebeam.kernel.scrub import scrub_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import SpanContext

Attributes: TypeAlias = "Mapping[str, str | float]"
"""What is told of a span, by the names of OpenTelemetry's conventions."""

ENDPOINT_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")

_HEX_DIGITS = 32


class Span(Protocol):
    """A part of the work that is timed."""

    def note(self, attributes: Attributes) -> None:
        """Add to what is told of it; what looks like a secret is taken out."""

    def fail(self, code: str) -> None:
        """Mark it as failed, by a code of the error table."""


class Traces(Protocol):
    """Where spans go."""

    def span(self, name: str, attributes: Attributes, /) -> AbstractContextManager[Span]:
        """Return a context manager that yields a Span and ends it with the block."""

    def close(self) -> None:
        """Send what has not been sent yet."""


class NoTraces:
    """Spans that go nowhere."""

    @contextmanager
    def span(self, _name: str, _attributes: Attributes, /) -> Iterator[Span]:
        """Yield a span that nobody will see."""
        yield _NO_SPAN

    def close(self) -> None:
        """Do nothing."""


class _NoSpan:
    def note(self, attributes: Attributes) -> None:
        """Forget it."""

    def fail(self, code: str) -> None:
        """Forget it."""


_NO_SPAN = _NoSpan()


class OpenTelemetryTraces:
    """Spans of OpenTelemetry. The trace is that of the correlation id, so a log line leads to its trace."""

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry import trace  # noqa: PLC0415 - an extra: whoever has no traces must not need it

        self._api = trace
        self._provider = provider
        self._tracer = provider.get_tracer("tiebeam")

    @contextmanager
    def span(self, name: str, attributes: Attributes, /) -> Iterator[Span]:
        """Yield a span below the present one, or below the task's correlation id."""
        with self._tracer.start_as_current_span(
            name, context=self._parent(), record_exception=False, set_status_on_exception=False
        ) as inner:
            span = _OpenTelemetrySpan(self._api, inner)
            span.note({**_whose(), **attributes})
            try:
                yield span
            except Exception as error:
                span.fail(getattr(error, "code", type(error).__name__))
                raise

    def close(self) -> None:
        """Send what has not been sent yet, and stop."""
        self._provider.shutdown()

    def _parent(self) -> Any:
        """Return the context to stand in: None is the present one."""
        correlation_id = trail().correlation_id
        if correlation_id is None or self._api.get_current_span().get_span_context().is_valid:
            return None
        return self._api.set_span_in_context(self._api.NonRecordingSpan(self._root(correlation_id)))

    def _root(self, correlation_id: str) -> SpanContext:
        trace_id = trace_id_of(correlation_id)
        return self._api.SpanContext(
            trace_id=trace_id,
            span_id=(trace_id & 0xFFFF_FFFF_FFFF_FFFF) or 1,
            is_remote=True,
            trace_flags=self._api.TraceFlags(self._api.TraceFlags.SAMPLED),
        )


class _OpenTelemetrySpan:
    def __init__(self, api: Any, inner: Any) -> None:
        self._api = api
        self._inner = inner

    def note(self, attributes: Attributes) -> None:
        for name, value in attributes.items():
            self._inner.set_attribute(name, scrub_text(value) if isinstance(value, str) else value)

    def fail(self, code: str) -> None:
        self._inner.set_attribute("error.type", scrub_text(code))
        self._inner.set_status(self._api.StatusCode.ERROR)


def open_traces(environ: Mapping[str, str], exporter: SpanExporter | None = None) -> Traces:
    """Return where spans go: to the endpoint that `environ` names, else nowhere.

    `exporter` takes them instead, one by one, whatever the environment says. Raises nothing when the library
    is missing; `traces_wanted_in_vain` tells.
    """
    if exporter is None and (not _is_wanted(environ) or not _is_installed()):
        return NoTraces()
    sdk = import_module("opentelemetry.sdk.trace")
    export = import_module("opentelemetry.sdk.trace.export")
    resources = import_module("opentelemetry.sdk.resources")
    provider = sdk.TracerProvider(resource=resources.Resource.create(_named(environ)))
    if exporter is not None:
        provider.add_span_processor(export.SimpleSpanProcessor(exporter))
    else:
        otlp = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        provider.add_span_processor(export.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    return OpenTelemetryTraces(provider)


def traces_wanted_in_vain(environ: Mapping[str, str]) -> bool:
    """Say whether an endpoint is set and the extra `traces` is not installed."""
    return _is_wanted(environ) and not _is_installed()


def trace_id_of(correlation_id: str) -> int:
    """Return the trace of a correlation id: the id itself if it has 32 hexadecimal digits, else its hash."""
    if len(correlation_id) == _HEX_DIGITS and all(digit in "0123456789abcdef" for digit in correlation_id):
        return int(correlation_id, 16) or 1
    return int.from_bytes(blake2b(correlation_id.encode(), digest_size=16).digest()) or 1


def _is_wanted(environ: Mapping[str, str]) -> bool:
    return any(environ.get(name) for name in ENDPOINT_VARIABLES)


def _is_installed() -> bool:
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None and (
            find_spec("opentelemetry.sdk") is not None
        )
    except ModuleNotFoundError:
        return False


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the name of what sends, unless the environment has another."""
    given = environ.get("OTEL_SERVICE_NAME") or "service.name=" in environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return {} if given else {"service.name": "tiebeam"}


def _whose() -> dict[str, str]:
    now = trail()
    found = {
        "tiebeam.correlation": now.correlation_id,
        "tiebeam.tenant": now.tenant_id,
        "tiebeam.connection": now.connection_id,
    }
    return {name: str(value) for name, value in found.items() if value is not None}
