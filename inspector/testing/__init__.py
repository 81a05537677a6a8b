"""In tests: stubs of recordings in the process of the tests, what their clients said and heard, and recordings by hand.

Knows nothing of pytest; the plugin (`inspector/pytest_plugin/`) does.
"""
