"""The audit as one HTML file that needs nothing else: what it comes to, the ledger, chats in time, what was said."""
