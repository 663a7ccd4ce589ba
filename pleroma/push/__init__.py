"""Web push: notifications, encrypted, to the push service that a client names (docs/api/mastodon.md 10.6)."""
