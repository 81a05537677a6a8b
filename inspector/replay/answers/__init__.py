"""Recorded responses as live clients get them."""
