"""The receiving side of the mail: the boxes opened in IMAP, the receipts read, what was sent and received kept."""
