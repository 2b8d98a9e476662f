#!/bin/sh
# Read the secrets that are mounted as files, then run the command. Chromium and its driver do not get AURION_* variables.
set -eu
for name in AURION_PASSPHRASE AURION_PASSWORD AURION_NOTIFY; do
	file=${SECRETS_FOLDER:-/run/secrets}/$(echo "$name" | tr A-Z a-z)
	if [ -r "$file" ]; then
		IFS= read -r value <"$file" || true
		export "$name=$value"
	fi
done
exec aurion "$@"
