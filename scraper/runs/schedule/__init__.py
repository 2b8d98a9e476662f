"""The timer that exports by itself: systemd, cron, launchd or the Task Scheduler, put on, proved and taken off."""
