"""What the tests of registration share, and those of emoji packs."""

import io
import json
import shutil

import pytest
from PIL import Image

from pleroma.accounts import captcha
from tests.views.pleroma.newcomer import NEW


@pytest.fixture
def register(client):
    """Registers: register(status=400, nickname="x")."""

    def send(status=200, to=client, **changes):
        return to.post("/api/account/register", {**NEW, **changes}, status=status)

    return send


@pytest.fixture
def accounts(sql):
    """The nicknames that there are."""
    return lambda: sorted(nickname for (nickname,) in sql("select nickname from accounts"))


@pytest.fixture
def faults():
    """Reads the complaints by field: the error is JSON in a string."""

    def read(answer):
        assert answer.status_code == 400
        return json.loads(answer.json["error"])

    return read


@pytest.fixture
def log_in():
    """Shows the own account by HTTP Basic: log_in(client, "lain")."""

    def send(client, nickname="lain", password=NEW["password"], status=200):
        client.authorization = ("Basic", (nickname, password))
        answer = client.get("/api/v1/accounts/verify_credentials", status=status)
        client.authorization = None
        return answer.json

    return send


@pytest.fixture
def app_token(client):
    """The token of an app alone."""
    app = client.post("/api/v1/apps", {"client_name": "App", "redirect_uris": "app:/", "scopes": "read write"}).json
    parameters = {"grant_type": "client_credentials", **{name: app[name] for name in ("client_id", "client_secret")}}
    return client.post("/oauth/token", parameters, status=200).json["access_token"]


@pytest.fixture
def closed(make_client):
    """A client of a server with closed registrations."""
    return make_client(registrations_open=False)


@pytest.fixture
def invite(sql):
    """Makes an invite: invite("used", max_use=2, expires_at="2020-01-01")."""

    def make(token="welcome", max_use=None, expires_at=None):
        sql("insert into invites (token, max_use, expires_at) values (%s, %s, %s)", token, max_use, expires_at)
        return token

    return make


@pytest.fixture
def strict(make_client):
    """A client of a server that requires confirmation."""
    return make_client(account_activation_required=True)


@pytest.fixture
def mails(sql):
    """The mails that wait to be sent."""

    def read():
        rows = sql("select queue_name, args from procrastinate_jobs where task_name = 'send_mail' order by id")
        assert {queue for queue, _ in rows} <= {"mailer"}
        return [arguments for _, arguments in rows]

    return read


@pytest.fixture
def link():
    """The path of the link in a confirmation mail."""
    return lambda mail: "/api/account/confirm_email/{account_id}/{token}".format_map(mail["values"])


@pytest.fixture
def known_answers(monkeypatch):
    """Native captchas whose answer is "answer"."""
    monkeypatch.setattr(captcha, "native", lambda: ("ANSWER", "data:image/png;base64,AAAA"))


@pytest.fixture
def solve():
    """Asks for a captcha and gives the parameters that solve it."""

    def solved(client, solution="answer"):
        token = client.get("/api/pleroma/captcha").json["token"]
        return {"captcha_token": token, "captcha_solution": solution}

    return solved


@pytest.fixture(scope="session")
def picture():
    """Draws a small picture: picture(), picture("GIF"), picture(colour=3)."""

    def draw(kind="PNG", colour=0, size=(8, 8)):
        output = io.BytesIO()
        Image.new("RGB", size, (colour, 0, 0)).save(output, kind)
        return output.getvalue()

    return draw


@pytest.fixture
def root(person):
    """The administrator."""
    return person("root", admin=True)


@pytest.fixture
def emoji_folder(settings):
    """The folder of all packs; it is not there before and after."""
    folder = settings.data_dir / "emoji"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("emoji.txt", "custom_emoji.txt"):
        (settings.data_dir / name).unlink(missing_ok=True)


@pytest.fixture
def place(settings, emoji_folder):
    """Puts a file into the data directory: place("emoji/a/x.png", b"…"); objects become JSON."""

    def put(name, content):
        path = settings.data_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(json.dumps(content).encode() if isinstance(content, dict) else content)

    return put


@pytest.fixture
def make_pack(place, picture):
    """Puts a pack on disk, each file another picture: make_pack("p", {"fox": "fox.png"}, license="x")."""

    def make(name, files, **metadata):
        for number, file in enumerate(sorted(set(files.values()))):
            place(f"emoji/{name}/{file}", picture(colour=number))
        place(f"emoji/{name}/pack.json", {"pack": metadata, "files": files})

    return make
