#!/bin/sh
# Create the role and the database of the service when PostgreSQL starts for the first time. The role is no superuser,
# because row-level security keeps the students' timetables apart, and does not hold for superusers.
set -eu
psql --set ON_ERROR_STOP=1 <<'SQL'
\set password `cat /run/secrets/database`
CREATE ROLE aurion LOGIN PASSWORD :'password';
CREATE DATABASE aurion OWNER aurion;
SQL
