"""The service's PostgreSQL database: tables, migrations and connections."""
