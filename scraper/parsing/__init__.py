"""The meaning of Aurion's pages and responses; secrets are removed from them here."""
