"""The feed: calendars at secret addresses, for phones and Google to subscribe to."""
