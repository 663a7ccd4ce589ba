"""Pictures to upload: those of tests/pictures, and made ones."""

import io
from pathlib import Path

from PIL import Image

PICTURES = Path(__file__).parent / "pictures"


def read(name):
    """A file of tests/pictures."""
    return (PICTURES / name).read_bytes()


def opened(data):
    """The decoded picture."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def encoded(image, file_format="PNG", **options):
    """A picture as the bytes of a file."""
    output = io.BytesIO()
    image.save(output, file_format, **options)
    return output.getvalue()


def photo(width, height):
    """A gradient, as large as wanted."""
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")
