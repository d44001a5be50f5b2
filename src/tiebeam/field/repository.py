"""Documents and every version of them, kept. What was captured is never lost and never changed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from tiebeam.field.forms import body_of, form_of, photos_of
from tiebeam.field.model import Aside, Document, Kind, Put, Standing, Version, Wanted
from tiebeam.field.rules import (
    Act,
    NotPossibleError,
    aside_of,
    is_author,
    require_photos,
    step,
)
from tiebeam.kernel.canonical import UnstorableError, canonical
from tiebeam.kernel.errors import BadInputError, Owner
from tiebeam.operations.audit.model import Actor, ActorKind
from tiebeam.operations.audit.repository import Trail
from tiebeam.store.sql import queries
from tiebeam.store.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tiebeam.store.pool import Store

Q = queries("tiebeam.field")

LIMIT_MAX: Final = 1000
_EVERYTHING: Final = Wanted()

Hook: TypeAlias = Callable[[Transaction, Document], Awaitable[None]]
"""Runs within the transaction that changed a document: both are kept, or neither."""


class UnknownDocumentError(BadInputError):
    """There is no such document, or it is somebody else's."""

    code = "field.unknown"
    owner = Owner.OPERATOR


@dataclass(frozen=True, slots=True)
class Hooks:
    """What else is done when a document changes."""

    changed: Sequence[Hook] = ()
    """After another version counts."""
    approved: Sequence[Hook] = ()
    """After it was approved, which it is once."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who does something."""

    by: Actor
    reviews: bool
    """Whether they may correct, give back and approve what others captured."""
    device_id: UUID | None = None


class Documents:
    """The documents of one tenant."""

    def __init__(self, store: Store, tenant_id: UUID, hooks: Hooks | None = None) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._hooks = hooks or Hooks()
        self._trail = Trail(store, store.clock)

    async def put(
        self,
        id_: UUID,
        kind: Kind,
        project_id: UUID,
        body: Mapping[str, Any],
        hand: Hand,
        *,
        captured_at: datetime,
        base_version: int = 0,
    ) -> Put:
        """Keep what was captured, once however often it is sent. Raises BadInputError.

        What was made from another version than the one that counts, or comes too late, is kept aside.
        """
        text, digest = _written(kind, body)
        sent = _Sent(text, digest, captured_at, base_version)
        async with self._store.transaction(self._tenant_id) as tx:
            found = await self._held(tx, id_)
            if found is None:
                made = await self._add(tx, id_, (kind, project_id), hand, sent)
                if made is not None:
                    return Put(made, is_new=True, aside=None)
                # Another sending of the same came first, and is through by now.
                found = await self._held(tx, id_)
                assert found is not None
            if (found.kind, found.project_id) != (kind, project_id):
                raise NotPossibleError(
                    f"{found.number} is a {found.kind.in_words} of another project or of another kind.",
                    action="Capture it anew, with an id of its own.",
                )
            return await self._change(tx, found, hand, sent)

    async def submit(self, id_: UUID, hand: Hand, *, version: int) -> Document:
        """Hand a document in to the office. Raises UnknownDocumentError, NotPossibleError."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await self._step(tx, await self._own(tx, id_, hand), Act.SUBMIT, hand, version)

    async def give_back(self, id_: UUID, hand: Hand, *, version: int, why: str) -> Document:
        """Give a document back to who captured it. Raises UnknownDocumentError, NotPossibleError."""
        async with self._store.transaction(self._tenant_id) as tx:
            found = await self._own(tx, id_, hand)
            return await self._step(tx, found, Act.GIVE_BACK, hand, version, reason=why)

    async def approve(self, id_: UUID, hand: Hand, *, version: int) -> Document:
        """Approve a document, all of whose photos are here. Raises UnknownDocumentError, NotPossibleError."""
        async with self._store.transaction(self._tenant_id) as tx:
            found = await self._own(tx, id_, hand)
            if found.standing is not Standing.APPROVED:
                photos = photos_of(found.kind, found.body)
                named = self._named(found.id, project_id=found.project_id, photos=photos)
                require_photos(found, [one for (one,) in await tx.rows(Q["missing_photos"], named)])
            return await self._step(tx, found, Act.APPROVE, hand, version)

    async def settle(self, id_: UUID, hand: Hand, *, version: int) -> Document:
        """Decide which version counts where one was kept aside.

        One that was kept aside becomes a version of its own, on top of the one that counted.
        Raises UnknownDocumentError, NotPossibleError.
        """
        async with self._store.transaction(self._tenant_id) as tx:
            found = await self._own(tx, id_, hand)
            if version != found.version and found.locked_reason is not None:
                raise NotPossibleError(
                    f"{found.number} is read-only: {found.locked_reason}",
                    action="Make later corrections where it was sent to.",
                )
            named = self._named(id_, at=self._store.clock.now())
            detail: dict[str, Any] = {"chosen": version}
            if version == found.version:
                await tx.run(Q["set_aside"], named | {"number": None})
            else:
                (chosen,) = await self._versions(tx, id_, number=version) or (None,)
                if chosen is None:
                    raise UnknownDocumentError(
                        f"{found.number} has no version {version}.", action="See which there are."
                    )
                text, digest = _written(found.kind, chosen.body)
                sent = _Sent(text, digest, chosen.captured_at, found.version)
                number = await self._add_version(tx, id_, hand, sent, None)
                await tx.run(Q["count_version"], named | {"number": number, "settled": True})
                detail |= {"number": number, **_as_sent(sent)}
            after = await self._present(tx, id_)
            await self._run(tx, self._hooks.changed if after.version != found.version else (), after)
            await self._note(tx, hand, "settled", after, detail)
            return after

    async def lock(self, id_: UUID, reason: str, hand: Hand, *, tx: Transaction | None = None) -> bool:
        """Make a document read-only, within the caller's transaction if given; say whether it was not yet."""
        async with self._in(tx) as within:
            named = self._named(id_, reason=reason, at=self._store.clock.now())
            if not await within.run(Q["lock"], named):
                return False
            await self._note(within, hand, "locked", await self._present(within, id_), {"reason": reason})
            return True

    async def get(self, id_: UUID) -> Document:
        """Return a document. Raises UnknownDocumentError."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await self._present(tx, id_)

    async def hold(self, tx: Transaction, id_: UUID) -> Document | None:
        """Return a document, which does not change until the caller's transaction ends."""
        return await self._held(tx, id_)

    async def search(
        self,
        wanted: Wanted = _EVERYTHING,
        *,
        limit: int = 100,
        before: tuple[datetime, UUID] | None = None,
    ) -> list[Document]:
        """Return documents, those first that changed last; `before` goes on from a document's place."""
        at, id_ = before or (None, None)
        named = {
            **asdict(wanted),
            "project_ids": None if wanted.project_ids is None else list(wanted.project_ids),
            "tenant_id": self._tenant_id,
            "before_at": at,
            "before_id": id_,
            "limit": max(1, min(limit, LIMIT_MAX)),
        }
        async with self._store.transaction(self._tenant_id) as tx:
            return [_document(row) for row in await tx.rows(Q["search"], named)]

    async def versions(self, id_: UUID) -> list[Version]:
        """Return every version, what was captured first; none for an unknown document."""
        async with self._store.transaction(self._tenant_id) as tx:
            return await self._versions(tx, id_)

    async def original(self, id_: UUID) -> Version:
        """Return what was captured. Raises UnknownDocumentError."""
        async with self._store.transaction(self._tenant_id) as tx:
            found = await self._versions(tx, id_, number=1)
        if not found:
            raise _unknown()
        return found[0]

    async def _add(
        self, tx: Transaction, id_: UUID, place: tuple[Kind, UUID], hand: Hand, sent: _Sent
    ) -> Document | None:
        kind, project_id = place
        counter = {"tenant_id": self._tenant_id, "project_id": project_id, "kind": kind.value}
        if await tx.value(Q["hold_number"], counter) is None:
            raise BadInputError("There is no such project.", action="Choose one of the list.")
        if await self._held(tx, id_) is not None:
            return None
        number = f"{kind.letters}-{await tx.value(Q['take_number'], counter):04}"
        named = {**_by(hand), "captured_at": sent.captured_at, "at": self._store.clock.now()}
        if not await tx.run(Q["add"], counter | self._named(id_, number=number, **named)):
            raise NotPossibleError(
                "Two different documents were sent with the same id at once.", action="Send it again."
            )
        await tx.run(Q["add_version"], self._version(id_, hand, sent, number=1, aside=None))
        made = await self._present(tx, id_)
        await self._run(tx, self._hooks.changed, made)
        await self._note(tx, hand, "captured", made, _as_sent(sent))
        return made

    async def _change(self, tx: Transaction, found: Document, hand: Hand, sent: _Sent) -> Put:
        named = self._named(found.id, hash=sent.digest, base=sent.base, version=found.version)
        same = await tx.rows(Q["same"], named)
        if same:
            ((_, kept),) = same
            return Put(found, is_new=False, aside=Aside(kept) if kept else None)
        aside = aside_of(found, hand.by, sent.base, reviews=hand.reviews)
        number = await self._add_version(tx, found.id, hand, sent, aside)
        named = self._named(found.id, number=number, at=self._store.clock.now())
        if aside is None:
            await tx.run(Q["count_version"], named | {"settled": False})
        else:
            await tx.run(Q["set_aside"], named)
        after = await self._present(tx, found.id)
        await self._run(tx, self._hooks.changed if aside is None else (), after)
        detail = {"number": number, "base": sent.base, **_as_sent(sent)}
        await self._note(tx, hand, "changed" if aside is None else "kept_aside", after, detail)
        return Put(after, is_new=True, aside=aside)

    async def _step(
        self,
        tx: Transaction,
        found: Document,
        act: Act,
        hand: Hand,
        version: int,
        *,
        reason: str | None = None,
    ) -> Document:
        standing = step(found, act, version)
        if standing is found.standing:
            return found
        named = self._named(found.id, standing=standing.value, reason=reason, at=self._store.clock.now())
        await tx.run(Q["set_standing"], named)
        after = await self._present(tx, found.id)
        await self._run(tx, self._hooks.approved if act is Act.APPROVE else (), after)
        await self._note(tx, hand, standing.value, after, {"reason": reason} if reason else {})
        return after

    async def _add_version(
        self, tx: Transaction, id_: UUID, hand: Hand, sent: _Sent, aside: Aside | None
    ) -> int:
        number = int(await tx.value(Q["next_version"], self._named(id_)))
        await tx.run(Q["add_version"], self._version(id_, hand, sent, number=number, aside=aside))
        return number

    def _version(
        self, id_: UUID, hand: Hand, sent: _Sent, *, number: int, aside: Aside | None
    ) -> dict[str, Any]:
        return self._named(
            id_,
            **_by(hand),
            number=number,
            base=sent.base,
            body=sent.text,
            hash=sent.digest,
            captured_at=sent.captured_at,
            at=self._store.clock.now(),
            aside=aside.value if aside else None,
        )

    async def _own(self, tx: Transaction, id_: UUID, hand: Hand) -> Document:
        found = await self._held(tx, id_)
        if found is None or not (hand.reviews or is_author(found, hand.by)):
            raise _unknown()
        return found

    async def _held(self, tx: Transaction, id_: UUID) -> Document | None:
        # Held first and read after: what was waited for is then read as it was left.
        if not await tx.rows(Q["hold"], self._named(id_)):
            return None
        return await self._present(tx, id_)

    async def _present(self, tx: Transaction, id_: UUID) -> Document:
        rows = await tx.rows(Q["find"], self._named(id_))
        if not rows:
            raise _unknown()
        return _document(rows[0])

    async def _versions(self, tx: Transaction, id_: UUID, *, number: int | None = None) -> list[Version]:
        named = self._named(id_, number=number, limit=LIMIT_MAX)
        return [_of_row(row) for row in await tx.rows(Q["versions"], named)]

    async def _run(self, tx: Transaction, hooks: Sequence[Hook], document: Document) -> None:
        for hook in hooks:
            await hook(tx, document)

    async def _note(
        self, tx: Transaction, hand: Hand, act: str, document: Document, detail: Mapping[str, Any]
    ) -> None:
        told = {"document": document.number, "version": document.version, **detail}
        subject = f"field_document:{document.id}"
        await self._trail.note(self._tenant_id, hand.by, f"field_document.{act}", subject, told, tx=tx)

    def _named(self, id_: UUID, **more: Any) -> dict[str, Any]:
        return {"tenant_id": self._tenant_id, "id": id_, **more}

    @asynccontextmanager
    async def _in(self, tx: Transaction | None) -> AsyncIterator[Transaction]:
        if tx is not None:
            yield tx
            return
        async with self._store.transaction(self._tenant_id) as own:
            yield own


@dataclass(frozen=True, slots=True)
class _Sent:
    text: str
    digest: bytes
    captured_at: datetime
    base: int


def _written(kind: Kind, body: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return a body as it is kept, and its hash. Raises BadInputError for one that is no such form."""
    try:
        data = canonical(body_of(form_of(kind, dict(body))))
    except UnstorableError as error:
        raise BadInputError(
            f"This cannot be kept: {error}.", action="Correct it, and send it again."
        ) from None
    return data.decode(), sha256(data).digest()


def _as_sent(sent: _Sent) -> dict[str, Any]:
    """Return what the trail keeps of a version: by its hash a later change of it shows."""
    return {"captured_at": sent.captured_at, "sha256": sent.digest.hex()}


def _unknown() -> UnknownDocumentError:
    return UnknownDocumentError("There is no such document.", action="See which there are, and choose one.")


def _by(hand: Hand) -> dict[str, Any]:
    by = hand.by
    return {
        "author_kind": by.kind.value,
        "author_id": by.id,
        "author_name": by.name,
        "device_id": hand.device_id,
    }


def _document(row: tuple[Any, ...]) -> Document:
    id_, kind, project_id, number, standing, version, body, captured_at, received_at, changed_at, *rest = row
    author_kind, author_id, author_name, *more = rest
    author = Actor(ActorKind(author_kind), author_id, author_name)
    at = (captured_at, received_at, changed_at)
    return Document(
        id_, Kind(kind), project_id, number, Standing(standing), version, body, *at, author, *more
    )


def _of_row(row: tuple[Any, ...]) -> Version:
    number, base, body, captured_at, received_at, kind, id_, name, device_id, aside = row
    author = Actor(ActorKind(kind), id_, name)
    kept = Aside(aside) if aside else None
    return Version(number, base, body, captured_at, received_at, author, device_id, kept)
