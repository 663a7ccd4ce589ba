"""Live streams: a process of its own that sends events to WebSockets and to readers of server-sent events."""
