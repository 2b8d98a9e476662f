"""Network access of this machine: proxies and trusted certificate authorities."""
