"""Settings, accounts, schools and passwords: the configuration of a run."""
