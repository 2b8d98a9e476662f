"""Settings, accounts, schools and passwords: what a run should do."""
