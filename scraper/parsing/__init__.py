"""Parsing of Aurion's pages and responses, and removal of secrets from them."""
