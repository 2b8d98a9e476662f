"""Removal of secrets from recordings and pages."""
