"""Record modes: what a test plays or records, as which session, and when that is kept."""
