"""What this server is to others: its name, its actors and their keys (docs/federation.md)."""
