"""Pleroma's own endpoints (seed)."""
