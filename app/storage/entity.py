"""What every entity shares."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import MetaData
from sqlmodel import SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Entity(SQLModel):
    """What every table shares."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)


# a number that was given once is never given again, even when its row is gone
NEVER_AGAIN = {"sqlite_autoincrement": True}
