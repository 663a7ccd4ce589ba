"""Servers of others and one of ours, which know each other on a network of their own."""
