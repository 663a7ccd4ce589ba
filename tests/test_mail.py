"""Mails: two parts that say the same, safe headers, by SMTP or as files."""

import email
import email.policy
import json
import socket
import ssl
import stat
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from pleroma import config, jobs, mail

CERTIFICATE = Path(__file__).parent / "self_signed.pem"
BASE = "https://pleroma.example"
VALUES = {
    "confirmation": {"nickname": "alice", "account_id": 42, "token": "a/b+c"},
    "password_reset": {"nickname": "alice", "token": "tok"},
    "invitation": {"inviter": "root", "token": "tok"},
    "report": {"reporter": "alice", "account": "bob", "comment": "spam", "status_ids": ["7", "8"]},
}


@pytest.fixture
def configured(tmp_path):
    """Settings that keep mails as files."""
    return config.load({}, base_url=BASE, data_dir=tmp_path, mail_from="notify@pleroma.example")


@pytest.fixture
def compose(configured):
    """Makes a mail: compose("invitation", to_name="Zoë", inviter="x")."""

    def make(template, *, to="friend@mail.example", to_name="", instance="Pleroma", **changes):
        message = mail.compose(configured, instance, template, to, to_name, {**VALUES[template], **changes})
        return email.message_from_bytes(bytes(message), policy=email.policy.default)

    return make


def _text(message, kind):
    return message.get_body((kind,)).get_content()


@pytest.mark.parametrize(
    ("template", "subject", "link"),
    [
        ("confirmation", "Pleroma account confirmation", f"{BASE}/api/account/confirm_email/42/a%2Fb%2Bc"),
        ("password_reset", "Password reset", f"{BASE}/api/pleroma/password_reset/tok"),
        ("invitation", "Invitation to Pleroma", f"{BASE}/registration/tok"),
        ("report", "Pleroma Report", f"{BASE}/notice/7"),
    ],
)
def test_mail_has_its_subject_and_its_link_in_both_parts(compose, template, subject, link):
    message = compose(template)
    assert message["Subject"] == subject
    assert message["From"] == "Pleroma <notify@pleroma.example>"
    assert message["To"] == "friend@mail.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@pleroma.example>")
    assert message["Date"].datetime.utcoffset().total_seconds() == 0
    assert f"\n{link}\n" in _text(message, "plain").replace("\r", "")
    assert f'href="{link}"' in _text(message, "html")


def test_report_says_who_whom_and_why(compose):
    message = compose("report", comment="<b>rude</b> & loud\nsecond line")
    assert "alice reported bob" in _text(message, "plain")
    assert "<b>rude</b> & loud\nsecond line" in _text(message, "plain").replace("\r", "")
    assert "&lt;b&gt;rude&lt;/b&gt; &amp; loud" in _text(message, "html")
    assert f"{BASE}/users/bob" in _text(message, "html")


def test_report_without_comment_and_statuses(compose):
    message = compose("report", comment=None, status_ids=[])
    assert "Comment" not in _text(message, "plain") + _text(message, "html")
    assert "Statuses" not in _text(message, "plain") + _text(message, "html")


def test_line_breaks_reach_no_header(compose):
    message = compose("invitation", to_name="Eve\r\nBcc: all@mail.example", instance="A\nX-Evil: 1\u2028B")
    assert message["Bcc"] is None
    assert message["X-Evil"] is None
    assert message["To"].addresses[0].addr_spec == "friend@mail.example"
    assert message["To"].addresses[0].display_name == "Eve Bcc: all@mail.example"


@pytest.mark.parametrize("address", ["", "x", "a@b\r\nBcc: c@d", "a@b, c@d", "a b@c", "<a@b>", "a@b@c"])
def test_what_is_no_address_is_refused(compose, address):
    with pytest.raises(mail.MailError):
        compose("invitation", to=address)


def test_user_text_is_escaped_in_html(compose):
    message = compose("invitation", inviter="<script>x</script>", to_name='"><img src=x>')
    assert "<script>" not in _text(message, "html")
    assert "<img" not in _text(message, "html")


def test_letters_of_all_scripts_survive(compose):
    message = compose("invitation", to_name="Zoë Жук", inviter="名無し", instance="Größe 🙂")
    assert message["Subject"] == "Invitation to Größe 🙂"
    assert message["To"].addresses[0].display_name == "Zoë Жук"
    assert "名無し" in _text(message, "plain")


def test_without_a_server_each_mail_is_a_file(configured, compose):
    mail.send(configured, compose("invitation"))
    mail.send(configured, compose("report"))
    files = sorted((configured.data_dir / "mail").iterdir())
    assert len(files) == 2
    assert all(file.suffix == ".eml" and stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert email.message_from_bytes(files[0].read_bytes())["Subject"] == "Invitation to Pleroma"


class Inbox:
    """Keeps what arrives."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
def smtp():
    """Starts mail servers on this machine: smtp(auth=True)."""
    running = []

    def start(*, handler=None, **options):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(handler or Inbox(), hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return controller.handler, f"127.0.0.1:{port}"

    yield start
    for controller in running:
        controller.stop()


def test_mail_goes_out_by_smtp(smtp, configured, compose):
    inbox, address = smtp()
    mail.send(_with(configured, f"smtp://{address}"), compose("invitation", to_name="Zoë"))
    (envelope,) = inbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("notify@pleroma.example", ["friend@mail.example"])
    assert b"Invitation to Pleroma" in envelope.content
    assert not (configured.data_dir / "mail").exists()


def test_password_is_never_sent_in_the_clear(smtp, configured, compose):
    seen = []

    def authenticate(*arguments):
        seen.append(arguments)
        return AuthResult(success=True)

    inbox, address = smtp(authenticator=authenticate, auth_require_tls=False)
    with pytest.raises(mail.MailError, match="STARTTLS"):
        mail.send(_with(configured, f"smtp://user:secret@{address}"), compose("invitation"))
    assert not seen
    assert not inbox.envelopes


def test_untrusted_certificate_is_refused(smtp, configured, compose, certificate):
    inbox, address = smtp(tls_context=certificate)
    with pytest.raises(mail.MailError):
        mail.send(_with(configured, f"smtp://{address}"), compose("invitation"))
    assert not inbox.envelopes


def test_login_goes_through_starttls(smtp, configured, compose, certificate, monkeypatch):
    seen = []

    def authenticate(server, session, envelope, mechanism, data):
        seen.append((session.ssl is not None, data.login, data.password))
        return AuthResult(success=True)

    inbox, address = smtp(tls_context=certificate, authenticator=authenticate)
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    mail.send(_with(configured, f"smtp://user%40x:p%3Aw@{address}"), compose("invitation"))
    assert len(inbox.envelopes) == 1
    assert seen == [(True, b"user@x", b"p:w")]


def test_unreachable_server_is_an_error_that_names_it(configured, compose):
    with pytest.raises(mail.MailError, match=r"127\.0\.0\.1"):
        mail.send(_with(configured, "smtp://127.0.0.1:1"), compose("invitation"))


def test_mail_is_a_job(settings, sql, _pool):
    arguments = {"template": "invitation", "to": "friend@mail.example", "to_name": "F", "values": VALUES["invitation"]}
    sql("select defer_job('mailer', 'send_mail', %s::jsonb)", json.dumps(arguments))
    assert jobs.run_pending(settings) == 1
    (file,) = (settings.data_dir / "mail").iterdir()
    assert b"registration/tok" in file.read_bytes()
    file.unlink()


def test_sent_links_do_not_stay_in_the_database(settings, sql, _pool):
    arguments = {"template": "invitation", "to": "friend@mail.example", "values": VALUES["invitation"]}
    for _ in range(2):
        sql("select defer_job('mailer', 'send_mail', %s::jsonb)", json.dumps(arguments))
        jobs.run_pending(settings)
    assert sql("select count(*) from procrastinate_jobs where args <> '{}'") == [(1,)]
    for file in (settings.data_dir / "mail").iterdir():
        file.unlink()


def _with(configured, smtp_url):
    return config.load({"PLEROMA_SMTP_URL": smtp_url}, **_overrides(configured))


def _overrides(configured):
    return {name: getattr(configured, name) for name in ("base_url", "data_dir", "mail_from")}


@pytest.fixture
def certificate():
    """A server's TLS context with a certificate for 127.0.0.1 that only its own file vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.mark.parametrize("inviter", ["root", "名無し", "Zoë"])
def test_link_stands_on_one_line_of_a_file(configured, compose, inviter):
    token = "t" * 60
    mail.send(configured, compose("invitation", inviter=inviter, token=token))
    (file,) = (configured.data_dir / "mail").iterdir()
    lines = file.read_text("utf-8").splitlines()
    assert f"{BASE}/registration/{token}" in lines
    assert any(f'href="{BASE}/registration/{token}"' in line for line in lines)


def test_mail_with_a_line_that_is_too_long_for_servers_is_folded(configured, compose):
    mail.send(configured, compose("report", comment="x" * 5000))
    (file,) = (configured.data_dir / "mail").iterdir()
    assert max(len(line) for line in file.read_bytes().splitlines()) < 998
    assert "x" * 5000 in _text(email.message_from_bytes(file.read_bytes(), policy=email.policy.default), "plain")


@pytest.mark.parametrize("takes_bytes", [True, False])
def test_letters_survive_servers_that_take_ascii_alone(smtp, configured, compose, takes_bytes):
    inbox, address = smtp(decode_data=not takes_bytes)
    mail.send(_with(configured, f"smtp://{address}"), compose("invitation", inviter="名無し"))
    (envelope,) = inbox.envelopes
    content = envelope.content if takes_bytes else envelope.content.encode("ascii")
    assert content.isascii() is not takes_bytes
    assert "名無し" in _text(email.message_from_bytes(content, policy=email.policy.default), "plain")


@pytest.mark.parametrize(
    ("machine", "base", "name"),
    [
        ("vps.provider.example", BASE, "vps.provider.example"),
        ("vps", BASE, "pleroma.example"),
        ("localhost.localdomain", BASE, "pleroma.example"),
        ("127.0.0.1", BASE, "pleroma.example"),
        ("vps", "http://192.0.2.1:5000", "[192.0.2.1]"),
        ("vps", "http://[2001:db8::1]", "[IPv6:2001:db8::1]"),
    ],
)
def test_mail_server_is_greeted_with_a_full_name(smtp, configured, compose, monkeypatch, machine, base, name):
    monkeypatch.setattr(socket, "getfqdn", lambda: machine)
    greetings = []

    class Greeted(Inbox):
        async def handle_EHLO(self, server, session, envelope, hostname, responses):
            greetings.append(hostname)
            session.host_name = hostname
            return responses

    _, address = smtp(handler=Greeted())
    changed = config.load({"PLEROMA_SMTP_URL": f"smtp://{address}"}, **{**_overrides(configured), "base_url": base})
    mail.send(changed, compose("invitation"))
    mail.check(changed, changed.smtp_url)
    assert set(greetings) == {name}
