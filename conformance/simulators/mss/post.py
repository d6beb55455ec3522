"""The operator's post office: what becomes of an accepted mail. Nothing ever leaves the machine.

A mail to a box of the operator goes into it, one to a colleague of another operator or to a patient is kept in the
journal alone. Notices come back to the sender's box: undelivered (closed or unknown patient, over 25 MB), delivered
(``Return-Receipt-To``), read (a patient's box answers ``Disposition-Notification-To`` by itself). Source: facts on
Mon espace santé, its note v1.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from conformance.simulators.mss import notices
from conformance.simulators.mss.boxes import PATIENT_LIMIT, PATIENTS

if TYPE_CHECKING:
    from pymap.backend.dict.mailbox import MailboxSet

MAX_BOUNDARIES = 100
CLOSED, UNKNOWN = "fermee", "inconnue"
STATES = {CLOSED: notices.CLOSED, UNKNOWN: notices.UNKNOWN}


class PostOffice:
    """The contents of the operator's boxes, and the patients' boxes that do not answer. Lives in the service's loop."""

    def __init__(self, domain: str, addresses: Iterable[str]) -> None:
        self.domain = domain
        self.states: dict[str, str] = {}
        self._addresses = frozenset(addresses)
        self._boxes: dict[str, MailboxSet] = {}

    def folders(self, address: str) -> MailboxSet:
        """The folders of a box of the operator, INBOX first, made at first use."""
        from pymap.backend.dict.mailbox import MailboxSet

        return self._boxes.setdefault(address, MailboxSet())

    async def deliver(self, address: str, content: bytes) -> None:
        """Put a mail into a box of the operator. Raises KeyError for another address, ValueError for a mail too nested."""
        from datetime import UTC, datetime

        from pymap.parsing.message import AppendMessage

        if address not in self._addresses:
            raise KeyError(address)
        if too_nested(content):
            raise ValueError(notices.TOO_NESTED.told)
        inbox = await self.folders(address).get_mailbox("INBOX")
        await inbox.append(AppendMessage(content, datetime.now(UTC), frozenset()), recent=True)

    async def take(self, sender: str, recipients: Iterable[str], content: bytes) -> None:
        """Treat an accepted mail, recipient by recipient."""
        for recipient in (address.lower() for address in recipients):
            failure = self._failure(recipient, content)
            if failure is not None:
                await self._tell(sender, notices.undelivered(self.domain, sender, recipient, content, failure))
                continue
            if recipient in self._addresses:
                await self.deliver(recipient, content)
            if asker := notices.address_in(content, "Return-Receipt-To"):
                await self._tell(asker, notices.delivered(self.domain, asker, recipient, content))
            patient = recipient.rpartition("@")[2] == PATIENTS
            if patient and (asker := notices.address_in(content, "Disposition-Notification-To")):
                await self._tell(asker, notices.read(recipient, asker, content))

    def _failure(self, recipient: str, content: bytes) -> notices.Failure | None:
        domain = recipient.rpartition("@")[2]
        if domain == PATIENTS and len(content) > PATIENT_LIMIT:
            return notices.TOO_BIG
        if recipient in self._addresses and too_nested(content):
            return notices.TOO_NESTED
        if recipient in self.states:
            return STATES[self.states[recipient]]
        return notices.UNKNOWN if domain == self.domain and recipient not in self._addresses else None

    async def _tell(self, address: str, notice: bytes) -> None:
        if address in self._addresses:
            await self.deliver(address, notice)


def too_nested(content: bytes) -> bool:
    """Whether a mail has more parts than a box takes: reading it costs time and stack at each level."""
    return content.lower().count(b"boundary") > MAX_BOUNDARIES
