"""The entry point of timers that earlier versions installed."""
