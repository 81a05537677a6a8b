"""Notifications, and the Bayeux server that brings them."""
