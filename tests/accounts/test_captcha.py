"""Captchas of our own: small pictures that people can read."""

import base64
import io

from PIL import Image

from pleroma.accounts import captcha


def test_a_captcha_is_a_small_png():
    answer, url = captcha.native()
    kind, _, data = url.partition(",")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert len(answer) == captcha.LENGTH
    assert kind == "data:image/png;base64"
    assert (image.format, image.size) == ("PNG", (220, 80))
    assert len(data) < 16_000


def test_the_text_stands_out_from_its_ground():
    _, url = captcha.native()
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("L")
    darkest, lightest = image.getextrema()
    assert lightest - darkest > 100


def test_every_captcha_is_another_one_without_characters_that_people_mix_up():
    answers = [captcha.native()[0] for _ in range(30)]
    assert len(set(answers)) == 30
    assert not set("0ODQ1IL2Z5S6G8BUV") & set("".join(answers))
