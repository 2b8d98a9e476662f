"""Storage of passwords in the system's keyring or in a file encrypted with age."""
