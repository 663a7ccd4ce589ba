"""What other servers ask; there only with PLEROMA_FEDERATION (docs/federation.md)."""
