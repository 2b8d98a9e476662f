"""A request handler of test servers."""

from http.server import BaseHTTPRequestHandler


class AnyMethodHandler(BaseHTTPRequestHandler):
    """Answers every method with `answer`, over connections that stay open, and logs nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def __getattr__(self, name: str) -> object:
        """Find `do_GET` and all others."""
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self) -> None:
        """Answer a request."""
        raise NotImplementedError
