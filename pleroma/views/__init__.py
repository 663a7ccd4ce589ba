"""The views: one blueprint per area."""
