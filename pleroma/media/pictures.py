"""Pictures: decoded, bounded, turned upright, stripped of metadata, and encoded again.

What is stored was drawn by us, whatever was sent: the size is bounded before anything is decoded, the content alone
decides the type, and no byte behind or between the pixels survives. Rules: docs/api/mastodon.md 7 and 11.5.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose

MAX_PIXELS = 33_177_600  # width × height × frames; image_matrix_limit of the instance entity
MAX_FRAMES = 2_000
# A larger picture is halved: copying it while it is turned and converted would not fit into a small server's memory.
KEPT_PIXELS = 4096 * 4096
PREVIEW_PIXELS = 640 * 400

_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
# Each scan of a progressive JPEG goes over the whole picture again: a small file can ask for hours.
_MAX_SCANS = 40
# The most that a picture needs is 200 MB; several of them in one process would be too much for a small server.
_ONE_AT_A_TIME = Lock()
_MAX_PROFILE = 16_384  # bytes; profiles of screens and cameras are smaller


class NotAPicture(ValueError):
    """The bytes are no picture that can be shown, or one of too many pixels."""


class Picture(NamedTuple):
    """A picture ready to be stored; `preview` is None when the picture is small enough to be its own."""

    mime_type: str
    extension: str
    data: bytes
    preview: bytes | None
    preview_extension: str | None
    blurhash: str
    meta: dict[str, dict[str, Any]]
    frames: int


def picture(data: bytes, bounds: tuple[int, int] | None = None) -> Picture:
    """Return `data` as a picture of ours, scaled down into `bounds` (pixels) when there are some.

    Raises NotAPicture for all that is no whole PNG, JPEG, GIF or WebP of at most MAX_PIXELS and MAX_FRAMES.
    """
    try:
        with _ONE_AT_A_TIME:
            return _Source(data, bounds).picture()
    except NotAPicture:
        raise
    except Exception as problem:  # a broken file fails anywhere in the decoders, with any exception
        raise NotAPicture("The picture cannot be read") from problem


class _Source:
    """One uploaded picture."""

    def __init__(self, data: bytes, bounds: tuple[int, int] | None) -> None:
        from PIL import Image

        self.bounds = bounds
        self.image = Image.open(io.BytesIO(data), formats=tuple(_EXTENSIONS))
        if self.image.format in ("JPEG", "MPO") and data.count(b"\xff\xda") > _MAX_SCANS:
            raise NotAPicture("The picture has too many scans")
        # Phones store several pictures in one JPEG; the first one is the photo.
        self.format = "JPEG" if self.image.format == "MPO" else str(self.image.format)
        self.frames = self._count_frames()
        # A PNG may hold a picture for those who cannot play it, which is no frame.
        self.first = 1 if self.frames > 1 and self.image.info.get("default_image") else 0
        self.frames -= self.first
        self.turn = self._orientation()
        self.lossless = self.format != "WEBP" or b"VP8L" in data[:256]
        profile = self.image.info.get("icc_profile") or b""
        self.profile = profile if profile[36:40] == b"acsp" else b""

    def picture(self) -> Picture:
        """Return it encoded again, with its preview."""
        data, first = self._animated() if self.frames > 1 else self._still()
        preview = _shrunk(first)
        mode = "RGBA" if _shows_through(preview) else "RGB"
        preview = preview if preview.mode == mode else preview.convert(mode)
        small: bytes | None = None
        extension: str | None = None
        if self.frames > 1 or preview.size != first.size:
            small, extension = _preview(preview, self._profile_of(first))
        return Picture(
            f"image/{self.format.lower()}",
            _EXTENSIONS[self.format],
            data,
            small,
            extension,
            blurhash(preview),
            {"original": _dimensions(first.size), "small": _dimensions(preview.size)},
            self.frames,
        )

    def _count_frames(self) -> int:
        """Count the frames without decoding them, and refuse too many pixels or frames."""
        image = self.image
        if image.width * image.height > self._pixel_limit():
            raise NotAPicture("The picture has too many pixels")
        if self.format == "JPEG" or not getattr(image, "is_animated", False):
            return 1
        if self.format != "GIF":
            frames = int(getattr(image, "n_frames", 1))
            _check_animation(image.size, frames)
            return frames
        # A GIF does not say how many there are, and counting a million of them is work, too.
        frames = 1
        try:
            while True:
                image.seek(frames)
                frames += 1
                _check_animation(image.size, frames)
        except EOFError:
            image.seek(0)
        return frames

    def _pixel_limit(self) -> int:
        if self.format == "WEBP":
            return MAX_PIXELS // 3  # its decoder holds four copies of the picture
        if self.format == "JPEG" and self.image.info.get("progressive"):
            return MAX_PIXELS * 3 // 4  # its decoder holds all coefficients, six bytes a pixel
        return MAX_PIXELS

    def _orientation(self) -> Transpose | None:
        """Return how the picture is to be turned by its EXIF block, which then goes."""
        from PIL import ExifTags
        from PIL.Image import Transpose

        turns = {
            2: Transpose.FLIP_LEFT_RIGHT,
            3: Transpose.ROTATE_180,
            4: Transpose.FLIP_TOP_BOTTOM,
            5: Transpose.TRANSPOSE,
            6: Transpose.ROTATE_270,
            7: Transpose.TRANSVERSE,
            8: Transpose.ROTATE_90,
        }
        if self.format == "GIF":
            return None
        try:
            return turns.get(self.image.getexif().get(ExifTags.Base.Orientation, 1))
        except Exception:  # a broken EXIF block does not spoil the picture
            return None

    def _still(self) -> tuple[bytes, Image]:
        image = self.image
        if image.width * image.height > KEPT_PIXELS:
            image.draft(None, (image.width // 2, image.height // 2))
        image.load()
        # From here on nothing but pixels, palette and transparency counts.
        transparency = image.info.get("transparency")
        image.info = {} if transparency is None else {"transparency": transparency}
        huge = image.width * image.height > KEPT_PIXELS
        result = _instead(image, self._halved(image) if huge else self._plain_mode(image))
        result = self._fitted(result)
        return self._encoded(result), result

    def _halved(self, image: Image) -> Image:
        """Return the picture in half its size, made strip by strip to have no second huge one in memory."""
        from PIL import Image as images

        half = (image.width + 1) // 2, (image.height + 1) // 2
        result: Image | None = None
        for top in range(0, image.height, 256):
            strip = image.crop((0, top, image.width, min(top + 256, image.height)))
            strip = _smooth(self._plain_mode(strip)).reduce(2)
            if result is None:
                result = images.new(strip.mode, half)
            result.paste(strip, (0, top // 2))
        return result or image

    def _plain_mode(self, image: Image) -> Image:
        """Return the picture in a mode that its format and every browser know."""
        if image.mode.startswith("I"):
            return _eight_bits(image)
        if image.mode == "CMYK":
            return self._from_cmyk(image)
        if image.mode in ("L", "RGB") and "transparency" in image.info:
            return image.convert("RGBA")
        if image.mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
            return image
        return image.convert("RGBA" if image.has_transparency_data else "RGB")

    def _from_cmyk(self, image: Image) -> Image:
        from PIL import ImageCms

        if self.profile:
            try:
                source = ImageCms.ImageCmsProfile(io.BytesIO(self.profile))
                target = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
                if converted is not None:
                    converted.info = {}
                    return converted
            except (ImageCms.PyCMSError, OSError):
                pass  # a broken profile: the plain conversion is near enough
        return image.convert("RGB")

    def _fitted(self, image: Image) -> Image:
        """Turn the picture upright and scale it down into the bounds."""
        if self.turn is not None:
            image = _instead(image, image.transpose(self.turn))
        if self.bounds and (image.width > self.bounds[0] or image.height > self.bounds[1]):
            image = _instead(image, _smooth(image))
            image.thumbnail(self.bounds, reducing_gap=2.0)
        return image

    def _encoded(self, image: Image) -> bytes:
        output = io.BytesIO()
        options: dict[str, Any] = {"icc_profile": self._profile_of(image)}
        if self.format == "JPEG":
            options |= {"quality": 88}
        elif self.format == "PNG":
            options |= {"compress_level": _effort(image.width * image.height)}
        elif self.format == "WEBP":
            options |= self._webp(image.width * image.height)
        image.save(output, self.format, **options)
        return output.getvalue()

    def _profile_of(self, image: Image) -> bytes | None:
        """Return the colour profile that belongs to `image`: one of screens or cameras, on a coloured picture."""
        fits = len(self.profile) <= _MAX_PROFILE and self.profile[16:20] == b"RGB "
        return self.profile if fits and image.mode in ("RGB", "RGBA") and self.format != "GIF" else None

    def _webp(self, pixels: int) -> dict[str, Any]:
        # Lossless WebP takes seconds for a photo.
        if self.lossless and pixels <= 2_000_000:
            return {"lossless": True, "quality": 30, "method": 1, "exact": True}
        return {"quality": 85, "method": 2}

    def _animated(self) -> tuple[bytes, Image]:
        durations, transparent = self._survey()
        frames = _Frames(self, "RGBA" if transparent else "RGB")
        first = frames.drawn(0)
        options: dict[str, Any] = {"loop": self.image.info["loop"]} if "loop" in self.image.info else {}
        options["icc_profile"] = self._profile_of(first)
        pixels = first.width * first.height * self.frames
        if self.format == "GIF":
            # Frames come whole; where one lets the background through, the one before must be gone.
            options |= {"disposal": 2 if transparent else 1, "optimize": False}
        elif self.format == "PNG":
            options |= {"compress_level": _effort(pixels), "blend": 0, "disposal": 0}
        else:
            options |= self._webp(pixels) | {"minimize_size": False, "allow_mixed": False}
        output = io.BytesIO()
        first.save(output, self.format, save_all=True, append_images=frames, duration=durations, **options)
        return output.getvalue(), first

    def _survey(self) -> tuple[list[int], bool]:
        """Return the duration of each frame in milliseconds, and whether the background shows through one."""
        durations: list[int] = []
        transparent = False
        for number in range(self.first, self.first + self.frames):
            self.image.seek(number)
            self.image.load()
            durations.append(int(self.image.info.get("duration", 0)))
            transparent = transparent or (
                self.image.has_transparency_data and _shows_through(self.image.convert("RGBA"))
            )
        return durations, transparent

    def frame(self, number: int, mode: str) -> Image:
        """Return one frame of an animation whole, upright and scaled."""
        self.image.seek(self.first + number)
        frame = self.image.convert(mode)
        frame.info = {}
        return self._fitted(frame)


class _Frames:
    """The frames of an animation but for the first, decoded each time they are asked for.

    Together they would not fit into memory, and the writer of PNG goes through them twice.
    """

    def __init__(self, source: _Source, mode: str) -> None:
        self.source = source
        self.mode = mode

    def drawn(self, number: int) -> Image:
        """Return one frame, decoded now."""
        return self.source.frame(number, self.mode)

    def __iter__(self) -> Iterator[Image]:
        return map(self.drawn, range(1, self.source.frames))


def _check_animation(size: tuple[int, int], frames: int) -> None:
    if frames > MAX_FRAMES or size[0] * size[1] * frames > MAX_PIXELS:
        raise NotAPicture("The animation has too many frames or pixels")


def _instead(image: Image, successor: Image) -> Image:
    """Return `successor` and free the pixels of `image`: two huge pictures at a time are too many."""
    if successor is not image:
        image.close()
    return successor


def _eight_bits(image: Image) -> Image:
    """Return a picture of 16 bit grey in 8 bit: the high byte of each pixel."""
    from PIL import Image as images

    if not image.mode.startswith("I;16"):
        image = image.convert("I;16")
    high = 0 if image.mode.endswith("B") else 1
    return images.frombytes("L", image.size, image.tobytes()[high::2])


def _smooth(image: Image) -> Image:
    """Return the picture in a mode that can be scaled without steps."""
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        return image
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _shrunk(image: Image) -> Image:
    """Return the picture scaled down to PREVIEW_PIXELS; as it is when it is smaller."""
    pixels = image.width * image.height
    if pixels <= PREVIEW_PIXELS:
        return _smooth(image)
    scale = (PREVIEW_PIXELS / pixels) ** 0.5
    size = max(1, int(image.width * scale)), max(1, int(image.height * scale))
    return _smooth(image).resize(size, reducing_gap=2.0)


def _shows_through(image: Image) -> bool:
    if image.mode not in ("LA", "RGBA"):
        return False
    return image.getchannel("A").getextrema()[0] != 255


def _preview(image: Image, profile: bytes | None) -> tuple[bytes, str]:
    output = io.BytesIO()
    if image.mode == "RGBA":
        image.save(output, "PNG", icc_profile=profile)
        return output.getvalue(), "png"
    image.save(output, "JPEG", quality=80, icc_profile=profile)
    return output.getvalue(), "jpg"


def _effort(pixels: int) -> int:
    """Return zlib's compression level: above a few million pixels the last percents cost seconds."""
    return 6 if pixels <= 2_000_000 else 3


def _dimensions(size: tuple[int, int]) -> dict[str, Any]:
    width, height = size
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": round(width / height, 6)}


def blurhash(image: Image) -> str:
    """Return the blurhash (4 × 3 components) of an RGB or RGBA picture, transparent parts white."""
    from blurhash import encode
    from PIL import Image as images

    # Twelve cosines need no more than these pixels, and each one costs time.
    tiny = image.resize((20, 20), reducing_gap=2.0)
    if tiny.mode == "RGBA":
        tiny = images.alpha_composite(images.new("RGBA", tiny.size, "white"), tiny).convert("RGB")
    pixels = list(zip(*[iter(tiny.tobytes())] * 3, strict=True))
    rows = [list(islice(pixels, row * 20, row * 20 + 20)) for row in range(20)]
    return str(encode(rows, components_x=4, components_y=3))
