"""Checks of the machine, the settings and the portals, for `aurion doctor`."""
