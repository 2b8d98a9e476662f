"""The way from this machine to a server: through which proxy, and which certificate authorities count."""
