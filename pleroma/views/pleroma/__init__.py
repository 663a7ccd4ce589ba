"""Pleroma's own endpoints."""
