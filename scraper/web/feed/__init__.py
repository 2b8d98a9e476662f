"""The server of subscribed calendars."""
