"""HTTP connections that do not last for ever: a lowest rate, few redirects, none away from HTTP.

`urllib` waits for each byte anew, so a server that drips holds it for days, be it in the header,
between chunks or in the body. The rate is therefore measured below all of them, at the socket.
"""

import contextlib
import http.client
import io
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

from rada.prepare.messages import one_line

LOWEST_RATE = 1000  # bytes a second, on average over the time that a stalled server is given


class Broken(Exception):
    """The network failed, in whatever way; another attempt may succeed."""


class TooSlow(Broken):
    """The server sends nothing, or hardly anything."""


def open_url(url: str, headers: dict[str, str], timeout: float) -> http.client.HTTPResponse:
    """Ask for a URL; redirects are followed.

    Args:
        timeout: seconds without a byte, or with fewer than LOWEST_RATE bytes a second.

    Raises:
        Broken, urllib.error.HTTPError: if there is no answer, or an error is the answer.
    """
    opener = urllib.request.build_opener(_Http, _Https, _Redirects)
    with network(timeout):
        return opener.open(urllib.request.Request(url, headers=headers), timeout=timeout)


@contextlib.contextmanager
def network(timeout: float) -> Iterator[None]:
    """Turn what goes wrong in a connection into `Broken`, with the reason in a line.

    Raises:
        Broken: for all but an answer that is an error.
    """
    try:
        yield
    except urllib.error.HTTPError:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:  # ValueError: odd chunks
        cause = getattr(error, "reason", None) or error
        if isinstance(cause, _RateTooLow):
            raise TooSlow(str(cause)) from error
        if isinstance(cause, TimeoutError):
            raise TooSlow(f"nothing came for {timeout:g} seconds") from error
        raise Broken(one_line(cause) or type(cause).__name__) from error


class _RateTooLow(TimeoutError):
    """A server that drips."""


class _Metered(io.RawIOBase):
    """The bytes of a connection; TimeoutError below the lowest rate."""

    def __init__(self, raw: io.RawIOBase, window: float):
        self.raw, self.window = raw, window
        self.waited, self.came = 0.0, 0  # seconds, bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int | None:
        begin = time.monotonic()
        count = self.raw.readinto(buffer)
        # only the waiting: a slow disk is no fault of the server
        self.waited += time.monotonic() - begin
        self.came += count or 0
        if count and self.waited >= self.window:
            if self.came < LOWEST_RATE * self.waited:
                raise _RateTooLow(
                    f"fewer than {LOWEST_RATE:,} bytes a second came for {self.window:g} seconds"
                )
            self.waited, self.came = 0.0, 0
        return count

    def close(self) -> None:
        self.raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock, *args, **kwargs):
        super().__init__(sock, *args, **kwargs)
        if timeout := sock.gettimeout():
            self.fp = io.BufferedReader(_Metered(self.fp.detach(), timeout))


class _Connection(http.client.HTTPConnection):
    response_class = _Response


class _SecureConnection(http.client.HTTPSConnection):
    response_class = _Response


class _Http(urllib.request.HTTPHandler):
    def http_open(self, request):
        return self.do_open(_Connection, request)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, request):
        return self.do_open(_SecureConnection, request)


class _Redirects(urllib.request.HTTPRedirectHandler):
    inf_msg = "redirected in a circle, or too often: "  # urllib's own has three lines

    def http_error_302(self, request, answer, code, reason, headers):
        try:
            return super().http_error_302(request, answer, code, reason, headers)
        except urllib.error.HTTPError:
            raise
        except (ValueError, http.client.InvalidURL) as error:
            reason = f"redirected to what is no address ({one_line(error)})"
            raise urllib.error.HTTPError(request.full_url, code, reason, headers, answer) from error

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(self, request, answer, code, reason, headers, url):
        if not url.startswith(("http://", "https://")):  # urllib would follow to ftp
            reason = f"redirected to {one_line(url)}, which is not HTTP"
            raise urllib.error.HTTPError(request.full_url, code, reason, headers, answer)
        return super().redirect_request(request, answer, code, reason, headers, url)
