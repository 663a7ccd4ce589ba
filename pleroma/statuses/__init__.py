"""Statuses: posting them, now or later, and the JSON that is stored with them."""
