"""Access to this machine: private files, locks, processes, the network."""
