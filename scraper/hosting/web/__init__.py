"""The web tier of the service: sign-up, the students' pages, the administrators' page and the metrics.

It imports nothing of the portal and has no key that opens a password: it can only seal.
"""
