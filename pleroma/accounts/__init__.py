"""Accounts: how they come to be, what they say of themselves, what they are to each other, how they end."""
