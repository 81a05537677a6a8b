"""For who has to answer for the files: the ledger of all transfers, judged by a policy, as evidence."""
