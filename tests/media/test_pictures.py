"""Pictures: every one that people have works, upright and stripped, and bombs do nothing."""

import io
import time

import pytest
from PIL import Image, ImageChops, ImageDraw, PngImagePlugin

from pleroma.media import FileTooLarge, NotAPicture, pictures, prepare
from tests.picture_files import encoded, opened, photo, read

LIMIT = 16_000_000
WHOLE = [
    "cmyk.jpg", "grey_with_alpha.png", "one_bit.png", "palette_with_transparency.png", "sixteen_bit_grey.png",
    "still.webp", "transparent_disc.png", "turned_by_exif.jpg",
]  # fmt: skip


# Every mode and format


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("bounds", [None, (10, 10)])
def test_pictures_of_every_mode_upload(name, bounds):  # M02
    prepared = prepare(read(name), limit=LIMIT, pictures_only=True, bounds=bounds)
    before, after = opened(read(name)), opened(prepared.data)
    assert prepared.kind == "image"
    assert prepared.mime_type == Image.MIME[after.format]
    assert after.format == before.format
    assert prepared.blurhash
    assert bounds is None or max(after.size) == 10


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I"])
@pytest.mark.parametrize("size", [(3, 2), (900, 700)])
def test_png_of_every_mode_has_a_preview(mode, size):
    source = Image.new("I;16", size, 40_000) if mode.startswith("I") else photo(*size).convert(mode)
    prepared = prepare(encoded(source), limit=LIMIT)
    shown = opened(prepared.preview or prepared.data).convert("RGB")
    assert prepared.meta["small"]["size"] == f"{shown.width}x{shown.height}"


def test_sixteen_bit_grey_keeps_its_tone():
    prepared = prepare(encoded(Image.new("I;16", (9, 9), 0x8012)), limit=LIMIT)
    assert opened(prepared.data).convert("L").getpixel((4, 4)) == 0x80


@pytest.mark.parametrize("bounds", [None, (16, 16)])
@pytest.mark.parametrize("name", ["transparent_disc.png", "palette_with_transparency.png", "grey_with_alpha.png"])
def test_transparency_is_kept(name, bounds):  # M03
    prepared = prepare(read(name), limit=LIMIT, bounds=bounds)
    alpha = opened(prepared.data).convert("RGBA").getchannel("A")
    assert alpha.getextrema()[0] < 128


def test_the_preview_of_a_transparent_picture_is_transparent():
    source = Image.new("RGBA", (900, 900), (0, 0, 0, 0))
    ImageDraw.Draw(source).ellipse((200, 200, 700, 700), fill="red")
    prepared = prepare(encoded(source), limit=LIMIT)
    assert prepared.preview_extension == "png"
    assert opened(prepared.preview).getpixel((0, 0))[3] == 0


@pytest.mark.parametrize("key", ["L", "RGB"])
def test_one_colour_that_stands_for_transparent_stays_transparent(key):
    source = Image.new(key, (9, 9), 0)
    prepared = prepare(encoded(source, transparency=0 if key == "L" else (0, 0, 0)), limit=LIMIT)
    assert opened(prepared.data).convert("RGBA").getpixel((0, 0))[3] == 0


# Turning and stripping


def test_a_photo_is_turned_upright_once():  # M01
    prepared = prepare(read("turned_by_exif.jpg"), limit=LIMIT)
    image = opened(prepared.data)
    assert image.size == (20, 40)
    assert not image.getexif()
    assert prepared.meta["original"] == {"width": 20, "height": 40, "size": "20x40", "aspect": 0.5}
    again = prepare(prepared.data, limit=LIMIT)
    assert opened(again.data).size == (20, 40)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_all_eight_orientations(orientation, file_format):
    upright = Image.new("RGB", (1200, 600), "white")
    upright.paste("red", (0, 0, 600, 300))
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(turns[orientation])) if orientation in turns else upright
    exif = Image.Exif()
    exif[0x112] = orientation
    prepared = prepare(encoded(stored, file_format, exif=exif), limit=LIMIT)
    for data in (prepared.data, prepared.preview):
        image = opened(data).convert("RGB")
        red, green, _ = image.getpixel((image.width // 8, image.height // 8))
        assert image.width == pytest.approx(2 * image.height, abs=2)
        assert red > 200 and green < 60
        assert opened(data).getexif().get(0x112) is None


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_nothing_but_the_picture_survives(file_format):
    exif = Image.Exif()
    exif[0x10F] = "SECRET camera"
    exif[0x8825] = {1: "N", 2: (1.0, 2.0, 3.0)}
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "SECRET text")
    options = {
        "JPEG": {"exif": exif, "comment": b"SECRET comment"},
        "PNG": {"exif": exif, "pnginfo": info},
        "WEBP": {"exif": exif, "xmp": b"SECRET xmp"},
        "GIF": {"comment": b"SECRET comment"},
    }[file_format]
    data = encoded(photo(800, 600), file_format, **options) + b"<script>SECRET</script>"
    prepared = prepare(data, limit=LIMIT)
    assert b"SECRET" in data
    assert b"SECRET" not in prepared.data + prepared.preview
    assert not opened(prepared.data).getexif()


def test_the_colour_profile_of_a_screen_is_kept():
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    prepared = prepare(encoded(photo(800, 600), "JPEG", icc_profile=profile), limit=LIMIT)
    assert opened(prepared.data).info["icc_profile"] == opened(prepared.preview).info["icc_profile"] == profile


# Preview and meta


def test_a_large_picture_has_a_small_preview_and_both_are_measured():
    prepared = prepare(encoded(photo(1600, 900), "JPEG"), limit=LIMIT)
    small = opened(prepared.preview)
    assert prepared.meta["original"] == {"width": 1600, "height": 900, "size": "1600x900", "aspect": 1.777778}
    assert (prepared.meta["small"]["width"], prepared.meta["small"]["height"]) == small.size
    assert small.width * small.height <= pictures.PREVIEW_PIXELS
    assert prepared.meta["small"]["aspect"] == pytest.approx(16 / 9, rel=0.01)


def test_a_small_picture_is_its_own_preview():
    prepared = prepare(encoded(photo(300, 200)), limit=LIMIT)
    assert prepared.preview is None
    assert prepared.meta["small"] == prepared.meta["original"]


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_extreme_shapes(size):
    prepared = prepare(encoded(photo(*size)), limit=LIMIT)
    assert opened(prepared.data).size == size
    assert prepared.blurhash


def test_a_photo_of_twelve_million_pixels_is_quick():
    data = encoded(photo(4000, 3000), "JPEG", quality=90)
    started = time.process_time()
    prepared = prepare(data, limit=LIMIT)
    assert time.process_time() - started < 3
    assert opened(prepared.data).size == (4000, 3000)


def test_an_eight_k_picture_is_halved():
    exif = Image.Exif()
    exif[0x112] = 6
    data = encoded(Image.new("RGB", (7680, 4320), "teal"), "JPEG", exif=exif)
    assert opened(prepare(data, limit=LIMIT).data).size == (2160, 3840)
    data = encoded(Image.new("LA", (7680, 4320), (9, 99)))
    image = opened(prepare(data, limit=LIMIT).data)
    assert image.size == (3840, 2160) and image.getpixel((3839, 2159))[1] == 99


def test_the_several_pictures_of_a_phone_are_one_photo():
    data = encoded(photo(90, 60), "MPO", save_all=True, append_images=[photo(30, 20)])
    prepared = prepare(data, limit=LIMIT)
    assert (prepared.mime_type, prepared.frames) == ("image/jpeg", 1)
    assert opened(prepared.data).size == (90, 60)


# Animations


def animation(file_format, size=(40, 30), transparent=False, **options):
    frames = []
    for number in range(5):
        frame = Image.new("RGBA", size, (0, 0, 0, 0) if transparent else (20, 30, 40, 255))
        ImageDraw.Draw(frame).rectangle((number * 6, 5, number * 6 + 5, 20), fill=(200, 50 * number, 0, 255))
        frames.append(frame if transparent else frame.convert("RGB"))
    options = {"duration": [100, 200, 300, 400, 500], "loop": 3} | options
    if file_format == "WEBP":
        options |= {"lossless": True}
    return encoded(frames[0], file_format, save_all=True, append_images=frames[1:], **options), frames


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("transparent", [False, True])
def test_animations_keep_frames_durations_and_loop(file_format, transparent):
    data, frames = animation(file_format, transparent=transparent, **({"disposal": 2} if file_format == "GIF" else {}))
    prepared = prepare(data, limit=LIMIT)
    result = Image.open(io.BytesIO(prepared.data))
    assert prepared.frames == result.n_frames == 5
    assert result.info["loop"] == 3
    for number, frame in enumerate(frames):
        result.seek(number)
        result.load()
        assert result.info["duration"] == 100 * (number + 1)
        shown = result.convert("RGBA")
        white = Image.new("RGBA", frame.size, "white")
        difference = ImageChops.difference(
            Image.alpha_composite(white, shown).convert("RGB"),
            Image.alpha_composite(white, frame.convert("RGBA")).convert("RGB"),
        )
        assert max(high for _, high in difference.getextrema()) < 40
    assert opened(prepared.preview).size == (40, 30)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG"])
def test_an_animated_avatar_is_scaled_and_stays_animated(file_format):
    data, _ = animation(file_format, size=(400, 300))
    result = Image.open(io.BytesIO(prepare(data, limit=LIMIT, bounds=(100, 100)).data))
    assert result.n_frames == 5 and result.size == (100, 75)


def test_a_png_with_a_picture_for_those_who_cannot_play_it():
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "lime", "blue")]
    data = encoded(frames[0], save_all=True, append_images=frames[1:], default_image=True, duration=100)
    prepared = prepare(data, limit=LIMIT)
    assert prepared.frames == 2
    assert opened(prepared.data).convert("RGB").getpixel((0, 0)) == (0, 255, 0)


# What is refused


@pytest.mark.parametrize("name", ["whole_cut_in_half.jpg", "progressive_cut_in_half.jpg"])
def test_a_photo_cut_in_transfer_is_refused(name):  # M06
    with pytest.raises(NotAPicture):
        prepare(read(name), limit=LIMIT)


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_picture_is_refused_or_opens_whole(name, share):
    data = read(name)
    try:
        prepared = prepare(data[: int(len(data) * share)], limit=LIMIT, pictures_only=True)
    except NotAPicture:
        return
    assert sorted(opened(prepared.data).size) == sorted(opened(data).size)


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff" * 9],
)
def test_what_is_no_picture_is_refused_as_one(data):
    with pytest.raises(NotAPicture):
        prepare(data, limit=LIMIT, pictures_only=True)


def test_too_many_bytes_are_refused_from_memory_and_from_a_file():
    for data in (b"x" * 11, io.BytesIO(b"x" * 11)):
        with pytest.raises(FileTooLarge):
            prepare(data, limit=10)
    assert prepare(io.BytesIO(b"x" * 10), limit=10).data == b"x" * 10


@pytest.mark.parametrize(("mode", "size"), [("1", (7680, 4321)), ("L", (20_000, 20_000)), ("1", (33_177_601, 1))])
def test_picture_bombs_are_refused_at_once(mode, size):
    data = encoded(Image.new(mode, size))
    started = time.process_time()
    with pytest.raises(NotAPicture):
        prepare(data, limit=LIMIT)
    assert time.process_time() - started < 1


def test_animations_of_too_many_frames_or_pixels_are_refused_at_once():
    tiny = encoded(Image.new("P", (1, 1)), "GIF")
    frame = tiny[tiny.index(b"\x2c") : -1]
    large, _ = animation("GIF", size=(3000, 3000))
    claims = animation("PNG")[0].replace((5).to_bytes(4), (2**31 - 1).to_bytes(4), 1)
    for data in (tiny[:-1] + frame * 700_000 + b";", large, claims):
        started = time.process_time()
        with pytest.raises(NotAPicture):
            prepare(data, limit=20_000_000)
        assert time.process_time() - started < 2


def test_a_jpeg_of_endless_scans_is_refused_at_once():
    data = encoded(photo(2000, 2000), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    with pytest.raises(NotAPicture):
        prepare(data[:-2] + data[scan:-2] * 500 + b"\xff\xd9", limit=LIMIT)
