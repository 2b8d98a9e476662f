"""The machine: private files, locks, processes, the network."""
