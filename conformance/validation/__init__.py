"""The document engine: the gate that opens hostile files, then the agency's schemas."""
