"""Who is expected, kept before the tree changes: from the first day that is due on it stands still."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.deadlines import CHINA
from app.storage.engine import lock_tree
from app.storage.freezing import due_to_freeze, freeze

if TYPE_CHECKING:
    from app.storage.engine import WriteSession


def hold_tree(session: WriteSession) -> None:
    """Hold the tree to change it, and keep who is expected wherever the freeze day is over.

    Until a collection is frozen, who is expected is worked out from the tree as it stands: which is the same
    as long as nobody changes the tree.
    """
    lock_tree(session, to_change_it=True)
    now = datetime.now(UTC)
    due: dict[int, list[int]] = defaultdict(list)
    for collection_id, year in due_to_freeze(session, now.astimezone(CHINA).date()):
        due[year].append(collection_id)
    for year, collection_ids in due.items():
        freeze(session, year, collection_ids, now)
