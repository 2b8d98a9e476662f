#!/bin/bash
# Save it as /usr/local/sbin/aurion-hosting-backup. It writes an encrypted copy of the database, and deletes old ones.
# PostgreSQL's own user runs it, because the service's role does not see the ledgers of all students.
set -euo pipefail
umask 077
folder=${1:-/var/backups/aurion}
recipient=${2:-/etc/aurion-hosting/backup.pub}
days=30

find "$folder" -name '*.dump.age' -mtime "+$((days - 1))" -delete
trap 'rm -f "$folder/unfinished"' EXIT
pg_dump --format=custom aurion | age --encrypt --recipients-file "$recipient" > "$folder/unfinished"
mv "$folder/unfinished" "$folder/$(date --utc +%F).dump.age"
