"""A person, known once, whoever employs them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Id, PublicId


class Person(Base):
    """Someone insured or about to be.  Identity numbers are stored in their normal form."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("sex IN ('F', 'M', 'O')", name="sex"),)

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    insurance_number: Mapped[str] = mapped_column(unique=True)
    national_id: Mapped[str] = mapped_column(unique=True)
    surname: Mapped[str]
    first_name: Mapped[str]
    other_names: Mapped[str] = mapped_column(default="")
    sex: Mapped[str]
    birth_date: Mapped[date]
    phone: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    #: When they agreed to text messages; None: they did not.
    texts_agreed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def full_name(self) -> str:
        """First name, other names, surname."""
        return " ".join(part for part in (self.first_name, self.other_names, self.surname) if part)
