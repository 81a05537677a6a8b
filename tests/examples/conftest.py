"""Projects of their own, with settings of their own: `tests/testing/` runs them as their users would."""

collect_ignore_glob = ["*/*"]
