"""Logos: what was uploaded is decoded, drawn anew and thrown away. Pure of models and of requests."""

import io
from hashlib import sha256
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

# No side of a picture is longer, in pixels: for lists and for a funder's own page.
SIZES = (96, 320)
MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 16_000_000
# Of what is decoded these are common and well tried; whatever the name of the file says.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class Refused(ValueError):
    """A file that does not become a logo. Says what is wrong and what to do, in words for staff."""


def redrawn(file: IO[bytes], size: int) -> tuple[str, dict[int, bytes]]:
    """A name from the content, and a WebP for each of SIZES. `size` is the file's, in bytes."""
    if size > MOST_BYTES:
        raise Refused(_("This file is larger than 5 MB: save the logo smaller."))
    picture = _upright(_decoded(file))
    drawn = {box: _webp(picture, box) for box in SIZES}
    return sha256(b"".join(drawn.values())).hexdigest()[:32], drawn


def file_name(name: str, box: int) -> str:
    """Where a size of a logo is stored."""
    return f"logos/{name}-{box}.webp"


def _decoded(file: IO[bytes]) -> Image.Image:
    """The first frame. How large it would be is known, and refused, before anything is unpacked."""
    start = file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n")
    file.seek(0)
    if start.startswith((b"<", b"\x1f\x8b")):
        raise Refused(
            _("An SVG can carry scripts, so it is not taken: save the logo as PNG, at least 320 pixels wide.")
        )
    try:
        picture = Image.open(file, formats=FORMATS)
        if picture.width * picture.height > MOST_PIXELS:
            raise Refused(_("This picture has more than 16 million pixels: save the logo smaller."))
        picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(_("This picture has more than 16 million pixels: save the logo smaller.")) from None
    except UnidentifiedImageError:
        raise Refused(
            _("This is no picture that we can read: save the logo as PNG, JPEG, WebP or GIF.")
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError) as problem:
        if isinstance(problem, Refused):
            raise
        raise Refused(_("This picture is damaged: save it again, and send that.")) from None
    return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as its camera says, in the web's colours, and without anything but its pixels."""
    turned = ImageOps.exif_transpose(picture)
    profile = picture.info.get("icc_profile")
    has_alpha = turned.has_transparency_data
    alpha = turned.convert("RGBA").getchannel("A") if has_alpha else None
    colours = _in_srgb(turned, profile)
    if alpha:
        colours.putalpha(alpha)
    colours.info.clear()
    return colours


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    plain = picture if picture.mode in ("RGB", "CMYK", "L") else picture.convert("RGBA").convert("RGB")
    if not profile:
        return plain.convert("RGB")
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        drawn = ImageCms.profileToProfile(plain, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile that does not fit its picture says nothing.
        return plain.convert("RGB")
    return drawn if drawn is not None else plain.convert("RGB")


def _webp(picture: Image.Image, box: int) -> bytes:
    small = picture.copy()
    small.thumbnail((box, box), Image.Resampling.LANCZOS)
    drawn = io.BytesIO()
    small.save(drawn, "WEBP", quality=90, method=6)
    return drawn.getvalue()
