"""
Documents as PDF: the only place that knows WeasyPrint.

A document is the HTML of a template in ``templates/pdf``, drawn with the stylesheet beside it and
the fonts shipped with the portal.  Nothing is fetched from anywhere: a template that names an
address or a file is our own mistake and an error.  The same HTML gives the same bytes.
"""

from __future__ import annotations

import atexit
import base64
import hashlib
import io
import threading
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import segno
from markupsafe import Markup

_HERE = Path(__file__).parent
_STATIC = _HERE / "static"
_STYLE = _HERE / "templates" / "pdf" / "document.css"
#: The only names the stylesheet can ask for, and the files they stand for.
_FONTS = {
    f"portal-font:{name}-{weight}.ttf": _STATIC / "fonts" / f"{name}-{weight}.ttf"
    for name in ("NotoSans", "NotoSansDevanagari")
    for weight in ("Regular", "Bold")
}
_PICTURES = {".svg": "image/svg+xml", ".png": "image/png"}
#: Pango's font maps are not made for two threads at once, and two gain nothing.
_one_at_a_time = threading.Lock()


class _Press(NamedTuple):
    """What is costly and the same for every document of a process."""

    html: Any
    style: Any
    fonts: Any
    fetcher: Any
    colours: Callable[[], Any]
    outside: type[BaseException]


def render(html: str, *, title: str, language: str) -> bytes:
    """
    The PDF of *html*: A4, tagged, PDF/A-3a, with its fonts in it.

    *title* is what a reader's window shows; *language* a tag such as "en", for screen readers.
    """
    with _one_at_a_time:
        press = _press()
        options = {
            "pdf_variant": "pdf/a-3a",
            "pdf_identifier": hashlib.sha256(html.encode()).digest()[:16],
            "output_intent": "portal",
        }
        try:
            document = press.html(string=html, url_fetcher=press.fetcher).render(
                stylesheets=[press.style],
                font_config=press.fonts,
                color_profiles={"portal": press.colours()},
                **options,
            )
        except press.outside as wanted:
            raise ValueError(f"a document may not fetch {wanted}") from None
        document.metadata.title = title
        document.metadata.lang = language
        return bytes(document.write_pdf(**options))


def warm() -> None:
    """Load what the first document of a process would otherwise wait for: called when a web process starts."""
    render("<p>.<b>.</b></p>", title=".", language="en")


def page(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """
    What a template of ``templates/pdf`` needs: ``doc`` (*snapshot*), ``qr`` and ``logo``.

    The snapshot's ``verify_url`` becomes the QR, its fund's ``logo`` (below ``static``) the picture at the head.
    """
    address = snapshot.get("verify_url")
    logo = snapshot["fund"].get("logo")
    return {"doc": snapshot, "qr": qr_svg(address) if address else "", "logo": picture(logo) if logo else ""}


def qr_svg(text: str) -> Markup:
    """*text* as a QR code: an SVG to stand inside a page or a document, without colours or sizes of its own."""
    drawn = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass="qr-code", lineclass=None)
    return Markup(drawn.getvalue().decode())  # noqa: S704  # squares only: nothing of *text* stands in it


@cache
def picture(name: str) -> str:
    """The SVG or PNG *name* below ``static`` as a data: address; ValueError for anything else."""
    path = (_STATIC / name).resolve()
    if not path.is_relative_to(_STATIC) or path.suffix not in _PICTURES:
        raise ValueError(f"not a picture of the portal: {name!r}")
    return f"data:{_PICTURES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"


@cache
def _press() -> _Press:
    """WeasyPrint, the stylesheet and the fonts, loaded when the first document of a process is drawn."""
    from weasyprint import CSS, HTML
    from weasyprint.css import ColorProfile
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Outside(FatalURLFetchingError):  # type: ignore[misc]  # WeasyPrint has no types
        """Somebody wanted something from outside the document."""

    class Fetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
        """Opens data: addresses and our own fonts, nothing else."""

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> Any:
            if url in _FONTS:
                return URLFetcherResponse(url, _FONTS[url].read_bytes(), {"Content-Type": "font/ttf"})
            if not url.startswith("data:"):
                raise Outside(url)
            return super().fetch(url, headers)

    atexit.register(_press.cache_clear)  # WeasyPrint wants to remove its fonts before the interpreter goes
    fonts, fetcher = FontConfiguration(), Fetcher(allowed_protocols=("data",), allow_redirects=False)
    style = CSS(string=_STYLE.read_text(encoding="utf-8"), font_config=fonts, url_fetcher=fetcher)
    profile = (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()

    def colours() -> Any:
        # New each time, since a profile that was written once comes out different the second time.  And ours, since
        # WeasyPrint's own way to it leaves the file open.
        return ColorProfile(io.BytesIO(profile), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))

    return _Press(HTML, style, fonts, fetcher, colours, Outside)
