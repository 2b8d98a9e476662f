"""The only package that drives a browser."""
