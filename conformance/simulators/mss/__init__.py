"""An MSSanté operator: submission (SMTP) and boxes (IMAP). What a client does is recorded, its mails leave nowhere."""

from .service import Mss

__all__ = ["Mss"]
