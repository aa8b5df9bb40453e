"""Logos: decoded, drawn anew, and nothing else of the file is kept."""

import io
import zlib

import pytest
from PIL import Image, ImageCms

from funders import logos


def file(picture, kind="PNG", **options):
    made = io.BytesIO()
    picture.save(made, kind, **options)
    made.seek(0)
    return made


def drawn(made):
    size = len(made.getbuffer())
    name, pictures = logos.redrawn(made, size)
    return name, {box: Image.open(io.BytesIO(picture)) for box, picture in pictures.items()}, pictures


def test_it_becomes_two_sizes_of_webp_named_by_what_is_in_them():
    name, pictures, _ = drawn(file(Image.new("RGB", (800, 400), "red")))
    assert {box: (one.format, one.size) for box, one in pictures.items()} == {
        96: ("WEBP", (96, 48)),
        320: ("WEBP", (320, 160)),
    }
    assert (len(name), drawn(file(Image.new("RGB", (800, 400), "red")))[0]) == (32, name)
    assert drawn(file(Image.new("RGB", (800, 400), "blue")))[0] != name


def test_nothing_is_enlarged():
    assert drawn(file(Image.new("RGB", (10, 5))))[1][320].size == (10, 5)


def test_transparency_stays():
    _, pictures, _ = drawn(file(Image.new("RGBA", (50, 50), (255, 0, 0, 0))))
    assert pictures[96].convert("RGBA").getpixel((5, 5))[3] == 0


def test_nothing_that_a_camera_or_a_program_wrote_is_kept():
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "photographed at home", "Ann Example"
    exif.get_ifd(0x8825)[1] = "N"
    made = file(Image.new("RGB", (50, 50)), "JPEG", exif=exif, comment=b"secret words")
    assert b"Ann Example" in made.getvalue()
    _, _, pictures = drawn(made)
    said = b"".join(pictures.values())
    assert [word in said for word in (b"EXIF", b"ICCP", b"XMP", b"Ann", b"home", b"secret")] == [False] * 6


def test_it_stands_upright_as_its_camera_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    picture = Image.new("RGB", (60, 30), "white")
    picture.paste("red", (0, 0, 10, 30))
    _, pictures, _ = drawn(file(picture, "JPEG", exif=exif, quality=95))
    top = pictures[96].convert("RGB").getpixel((15, 3))
    assert (pictures[96].size, top[0] > 200, top[1] < 60) == ((30, 60), True, True)


def test_colours_of_another_profile_become_the_webs():
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for old, new in ((b"rXYZ", b"swap"), (b"gXYZ", b"rXYZ"), (b"swap", b"gXYZ")):
        own = own.replace(old, new, 1)  # what it calls red is green
    _, pictures, _ = drawn(file(Image.new("RGB", (20, 20), (255, 0, 0)), icc_profile=own))
    red, green, _ = pictures[96].convert("RGB").getpixel((10, 10))
    assert (red < 60, green > 200) == (True, True)


def test_a_profile_that_is_none_is_passed_over():
    _, pictures, _ = drawn(file(Image.new("RGB", (20, 20), (200, 40, 40)), icc_profile=b"no profile at all"))
    assert pictures[96].size == (20, 20)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_common_kind_of_pixels_is_taken(mode):
    assert drawn(file(Image.new(mode, (20, 20))))[1][96].size == (20, 20)


def test_a_printers_colours_are_taken_too():
    assert drawn(file(Image.new("CMYK", (20, 20)), "JPEG"))[1][96].size == (20, 20)


def test_of_what_moves_the_first_picture_is_taken():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    _, pictures, _ = drawn(file(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert (pictures[96].convert("RGB").getpixel((5, 5))[0] > 200, getattr(pictures[96], "n_frames", 1)) == (
        True,
        1,
    )


def bomb():
    """A PNG of a few bytes that says it is 60,000 pixels wide and high."""
    made = bytearray(file(Image.new("L", (1, 1))).getvalue())
    made[16:24] = (60_000).to_bytes(4, "big") * 2
    made[29:33] = zlib.crc32(bytes(made[12:29])).to_bytes(4, "big")
    return bytes(made)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "An SVG can carry scripts",
        ),
        (b"\xef\xbb\xbf <?xml version='1.0'?><svg/>", "An SVG can carry scripts"),
        (b"\x1f\x8b a packed svg", "An SVG can carry scripts"),
        (b"%PDF-1.7 no picture", "This is no picture"),
        (b"", "This is no picture"),
        (bomb(), "more than 16 million pixels"),
        (file(Image.new("RGB", (4001, 4000))).getvalue(), "more than 16 million pixels"),
        (file(Image.effect_noise((200, 200), 90)).getvalue()[:2000], "This picture is damaged"),
        (b"0" * (5 * 1024 * 1024 + 1), "larger than 5 MB"),
    ],
    ids=["svg", "svg with a mark", "svgz", "pdf", "empty", "bomb", "too many pixels", "cut off", "too large"],
)
def test_what_is_refused_says_why(content, words):
    with pytest.raises(logos.Refused, match=words):
        logos.redrawn(io.BytesIO(content), len(content))
