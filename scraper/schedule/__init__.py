"""The entry point of the timers; its name stays the same, because installed timers refer to it."""
