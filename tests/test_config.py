"""Settings: where they come from, and that wrong ones are refused (README, settings)."""

import base64
import concurrent.futures
import dataclasses
import re
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pleroma import config
from pleroma.config import Config, ConfigError

ROOT = Path(__file__).parent.parent


def _in_pem(key, layout=PrivateFormat.PKCS8):
    return key.private_bytes(Encoding.PEM, layout, NoEncryption()).decode()


KEY = ec.generate_private_key(ec.SECP256R1())
PEM = _in_pem(KEY)


def test_defaults_need_no_environment():
    settings = config.load({})
    assert settings.base_url == "http://127.0.0.1:5000"
    assert settings.contact_email == settings.mail_from == "admin@127.0.0.1"
    assert settings.languages == ("en",)
    assert set(settings.origins.values()) == {"default"}


def test_contact_address_follows_the_base_url():
    settings = config.load({"PLEROMA_BASE_URL": "https://Social.Example/"})
    assert settings.base_url == "https://social.example"
    assert settings.contact_email == "admin@social.example"


def test_environment_wins_over_file(tmp_path):
    file = tmp_path / "pleroma.env"
    file.write_text(
        "# ours\n\nPLEROMA_INSTANCE_NAME=\"From the file\"\nPLEROMA_LANGUAGES=de, en\nPLEROMA_PUBLIC='no'\n"
        "; not ours\nPLEROMA_WORKERS=7\n"
    )
    settings = config.load({"PLEROMA_CONFIG": str(file), "PLEROMA_WORKERS": "3", "HOME": "/nowhere"})
    assert (settings.instance_name, settings.languages, settings.public) == ("From the file", ("de", "en"), False)
    assert settings.workers == 3
    assert settings.origins["workers"] == "environment"
    assert settings.origins["instance_name"] == str(file)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://M\u00fcnchen.example", "https://xn--mnchen-3ya.example"),
        ("https://\u4f8b\u3048.example/", "https://xn--r8jz45g.example"),
        ("https://social.example:443", "https://social.example"),
        ("http://social.example:80", "http://social.example"),
        ("http://social.example:443", "http://social.example:443"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_base_url_has_one_form_that_headers_can_hold(given, kept):
    assert config.load({"PLEROMA_BASE_URL": given}).base_url == kept
    assert config.load({}, base_url=given).base_url == kept


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'"say \"hi\" for \$5, \`x\` and \\"', 'say "hi" for $5, `x` and \\'),
        (r'"a\nb"', r"a\nb"),
        ('"one \\\ntwo"', "one two"),
        ("a\\  \t", "a "),
        ("a\\\\ ", "a\\"),
        ("a b\r", "a b"),
        ('"one\ntwo"', "one\ntwo"),
        (r"'a \"b\" \c'", r"a \"b\" \c"),
        ("a b\t ", "a b"),
        (r"a\ \b", "a b"),
        ("one \\\ntwo", "one two"),
        ("\"a\"'b'c", "abc"),
        ("it's", "it's"),
        ('""', ""),
    ],
)
def test_settings_file_is_read_as_systemd_reads_it(tmp_path, written, read):
    file = tmp_path / "pleroma.env"
    file.write_text(f"PLEROMA_DESCRIPTION={written}\nPLEROMA_WORKERS=3\n")
    settings = config.load({"PLEROMA_CONFIG": str(file)})
    assert (settings.description, settings.workers) == (read, 3)


def test_quote_that_is_not_closed_is_refused(tmp_path):
    file = tmp_path / "pleroma.env"
    file.write_text('PLEROMA_DESCRIPTION="a\nPLEROMA_WORKERS=3\n')
    with pytest.raises(ConfigError, match=r"pleroma.env, line 1: a quote"):
        config.load({"PLEROMA_CONFIG": str(file)})


def test_empty_value_is_the_default():
    assert config.load({"PLEROMA_SMTP_URL": "", "PLEROMA_WORKERS": ""}).workers == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLEROMA_COLOUR", "red"),
        ("PLEROMA_base_url", "https://a.example"),
        ("PLEROMA_ORIGINS", "x"),
        ("PLEROMA_WORKERS", "0"),
        ("PLEROMA_WORKERS", "two"),
        ("PLEROMA_WORKERS", "-1"),
        ("PLEROMA_PUBLIC", "maybe"),
        ("PLEROMA_BASE_URL", "social.example"),
        ("PLEROMA_BASE_URL", "https://social.example/path"),
        ("PLEROMA_BASE_URL", "https://social.example?x=1"),
        ("PLEROMA_BASE_URL", "https://user@social.example"),
        ("PLEROMA_BASE_URL", "https://social.example:port"),
        *(
            ("PLEROMA_BASE_URL", f"https://{host}")
            for host in (
                "a b.example",
                'a".example',
                "a<b.example",
                "a\\b.example",
                "-a.example",
                "a-.example",
                "a..example",
                ".example",
                "a_b.example",
                f"{'a' * 64}.example",
                "a.example:0",
                "1.2.3.999",
                "127.1",
                "xn--0.example",
                "[fe80::1%25eth0]",
                "xn--\u4f8b.example",
                "[::zz]",
            )
        ),
        ("PLEROMA_CAPTCHA", "hard"),
        ("PLEROMA_SMTP_URL", "mail.example"),
        ("PLEROMA_DATABASE_URL", "mysql://x"),
        ("PLEROMA_LOG_LEVEL", "loud"),
        ("PLEROMA_TRUSTED_PROXIES", "nginx"),
        ("PLEROMA_FRONTEND_DIR", "/does/not/exist"),
        ("PLEROMA_CONTACT_EMAIL", "nobody"),
        ("PLEROMA_SECRET_KEY", "short"),
        ("PLEROMA_VAPID_KEY", "x" * 43),
        ("PLEROMA_VAPID_KEY", PEM.replace("PRIVATE", "PUBLIC")),
        ("PLEROMA_VAPID_KEY", PEM.replace("\n", "\n?", 1)),
        ("PLEROMA_VAPID_KEY", _in_pem(ec.generate_private_key(ec.SECP384R1()))),
        ("PLEROMA_VAPID_KEY", _in_pem(ed25519.Ed25519PrivateKey.generate())),
    ],
)
def test_wrong_setting_is_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=name):
        config.load({name: value})


@pytest.mark.parametrize("line", ["WORKERS=3", "PLEROMA_WORKERS", "export PLEROMA_WORKERS=3", "PLEROMA_WRKERS=3"])
def test_wrong_line_of_the_file_is_refused(tmp_path, line):
    file = tmp_path / "pleroma.env"
    file.write_text(line)
    with pytest.raises(ConfigError):
        config.load({"PLEROMA_CONFIG": str(file)})


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load({"PLEROMA_CONFIG": str(tmp_path / "none")})


@pytest.mark.parametrize("name", ["secret_key", "vapid_key"])
def test_a_key_is_made_once_for_its_owner_only(tmp_path, name):
    settings = config.load({}, data_dir=tmp_path / "instance")
    assert not settings.data_dir.exists()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: getattr(config, name)(settings), range(8)))
    assert len(keys) == 1
    file = settings.data_dir / name
    assert len(file.read_text()) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in settings.data_dir.iterdir()] == [name]


def test_given_secret_key_counts():
    assert config.secret_key(config.load({"PLEROMA_SECRET_KEY": "k" * 40})) == "k" * 40


@pytest.mark.parametrize(
    "layout",
    [
        PEM,
        "".join(PEM.splitlines()),
        PEM.replace("\n", "\r\n"),
        _in_pem(KEY, PrivateFormat.TraditionalOpenSSL),
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        + _in_pem(KEY, PrivateFormat.TraditionalOpenSSL),
    ],
    ids=["PKCS 8", "one line", "line ends of Windows", "SEC 1", "as openssl writes it"],
)
def test_the_public_half_of_a_given_key_is_that_point_on_the_curve(layout):
    point = KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    given = config.load({"PLEROMA_VAPID_KEY": layout})
    assert config.vapid_key(given) == layout
    assert config.vapid_public_key(given) == base64.urlsafe_b64encode(point).decode().rstrip("=")


def test_a_kept_key_that_is_none_is_named(tmp_path):
    (tmp_path / "vapid_key").write_text("x")
    with pytest.raises(ConfigError, match="vapid_key is not a private key in PEM"):
        config.vapid_public_key(config.load({}, data_dir=tmp_path))


def test_readme_lists_every_setting_with_its_default():
    rows = re.findall(r"^\| `PLEROMA_(\w+)` \|(.*?)\|", (ROOT / "README.md").read_text(), re.MULTILINE)
    documented = {name.lower(): default.strip("` ") for name, default in rows}
    expected = {}
    for field in dataclasses.fields(Config):
        if field.name != "origins":
            value = field.default
            text = ",".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
            expected[field.name] = text.lower() if isinstance(value, bool) else text
    assert documented == expected


S3 = {"PLEROMA_S3_BUCKET": "media", "PLEROMA_S3_ACCESS_KEY": "key", "PLEROMA_S3_SECRET_KEY": "very-secret"}


def test_a_bucket_is_set_by_its_name():
    settings = config.load({**S3, "PLEROMA_S3_ENDPOINT": "https://s3.example/", "PLEROMA_S3_PREFIX": "/a/b/"})
    assert (settings.s3_bucket, settings.s3_endpoint, settings.s3_prefix) == ("media", "https://s3.example", "a/b")
    assert "s3_secret_key" in config.SECRETS
    assert config.load({**S3, "PLEROMA_MEDIA_ALSO": "files"}).media_also == "files"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"PLEROMA_S3_BUCKET": "me/dia"}, "PLEROMA_S3_BUCKET is not the name of a bucket"),
        ({"PLEROMA_S3_ENDPOINT": "s3.example"}, "PLEROMA_S3_ENDPOINT is not an http or https address"),
        ({"PLEROMA_S3_PREFIX": "../x"}, "PLEROMA_S3_PREFIX is not made of letters"),
        ({"PLEROMA_S3_SECRET_KEY": ""}, "PLEROMA_S3_ACCESS_KEY and PLEROMA_S3_SECRET_KEY go together"),
        ({"PLEROMA_MEDIA_ALSO": "both"}, "PLEROMA_MEDIA_ALSO is none of files, s3"),
        ({"PLEROMA_S3_BUCKET": "", "PLEROMA_MEDIA_ALSO": "s3"}, "PLEROMA_MEDIA_ALSO needs a bucket"),
    ],
)
def test_a_bucket_that_cannot_be_is_refused(changed, message):
    with pytest.raises(ConfigError, match=message):
        config.load({**S3, **changed})


def test_a_bucket_needs_its_package(monkeypatch):
    monkeypatch.setattr(config, "find_spec", lambda name: None)
    config.load({})
    with pytest.raises(ConfigError, match="needs the package obstore"):
        config.load(S3)
