"""The cookie that a browser keeps a session in."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from imgen import clock
from imgen.accounts.people.records import NewSession


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """HttpOnly, SameSite=Lax, this host only."""

    secure: bool
    """Whether clients reach us by https: then the cookie travels by nothing else."""

    @property
    def name(self) -> str:
        """`__Host-` has browsers refuse it from any other host or path, and without https."""
        return "__Host-imgen_session" if self.secure else "imgen_session"

    def token(self, request: Request) -> str:
        """What the browser sent; empty: nothing."""
        return request.cookies.get(self.name, "")

    def put(self, response: Response, session: NewSession) -> None:
        """Have the browser keep this session, as long as it can last."""
        seconds = int((session.expires_at - clock.now()).total_seconds())
        self._set(response, session.token, max_age=max(0, seconds))

    def clear(self, response: Response) -> None:
        """Have the browser forget it."""
        self._set(response, "", max_age=0)

    def _set(self, response: Response, value: str, *, max_age: int) -> None:
        response.set_cookie(
            self.name,
            value,
            max_age=max_age,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )
