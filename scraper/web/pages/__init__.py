"""The local web page: everything that the command does, in a browser on this machine."""
