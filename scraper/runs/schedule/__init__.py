"""The system's timer for unattended exports: systemd, cron, launchd or the Windows Task Scheduler."""
