"""Reports: a failed run's recording as a file to send, with its structure intact and its personal data masked."""
