"""Our own captcha: a picture that asks for a text (docs/api/pleroma.md 8)."""

from __future__ import annotations

import base64
import io
import secrets

LENGTH = 6
# Without the pairs that people mix up: 0 O D Q, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V.
_CHARACTERS = "ACEFHJKMNPRTWXY3479"
_INK = (40, 60, 110)
_FAINT = (140, 152, 190)
_PAPER = (246, 248, 252)


def native() -> tuple[str, str]:
    """Draw a captcha: its answer, which is compared without letter case, and the picture as data URI of a PNG."""
    answer = "".join(secrets.choice(_CHARACTERS) for _ in range(LENGTH))
    return answer, "data:image/png;base64," + base64.b64encode(_drawn(answer)).decode("ascii")


def _drawn(answer: str) -> bytes:
    """Return a PNG of the answer: hard enough for a simple program, easy for a person."""
    from captcha.image import ImageCaptcha

    class Readable(ImageCaptcha):
        # The package's own distortion makes people fail.
        character_rotate = (-14, 14)
        character_warp_dx = (0.05, 0.12)
        character_warp_dy = (0.05, 0.12)
        word_space_probability = 1.0
        word_offset_dx = 0.1

    drawing = Readable(220, 80, font_sizes=(44, 50))
    image = drawing.create_captcha_image(answer, _INK, _PAPER)
    drawing.create_noise_dots(image, _FAINT, width=2, number=40)
    for _ in range(2):
        drawing.create_noise_curve(image, _INK)
    output = io.BytesIO()
    image.quantize(16).save(output, "PNG")
    return output.getvalue()
