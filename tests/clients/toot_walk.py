"""toot against a running server: python toot_walk.py ADDRESS. Prints what toot prints, fails at the first fault."""

import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOOT = Path(sys.executable).with_name("toot")


def log_in(address, name, environment):
    """Log in by password; toot asks for it on a terminal."""
    process, terminal = pty.fork()
    if process == 0:
        os.execve(TOOT, [str(TOOT), "login_cli", "-i", address, "-e", f"{name}@mail.example"], environment)
    output = b""
    while b"assword" not in output:
        output += os.read(terminal, 1000)
    os.write(terminal, b"secret\n")
    try:
        while chunk := os.read(terminal, 1000):
            output += chunk
    except OSError:
        pass
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0, output.decode()


def main(address):
    """The whole walk."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "TERM": "dumb", "COLUMNS": "80"}

        def toot(*arguments, expect=""):
            done = subprocess.run(
                [TOOT, *arguments],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )
            output = done.stdout + done.stderr
            assert done.returncode == 0, (arguments, output)
            assert re.search(expect, output), (arguments, expect, output)
            print("$ toot", *arguments, "\n" + output.strip()[:300], "\n")
            return output

        log_in(address, "alice", environment)
        toot("whoami", expect="@alice")
        toot("instance", expect="Pleroma")
        picture = Path(home) / "cat.png"
        from PIL import Image

        Image.new("RGB", (40, 30), "orange").save(picture)
        posted = toot("post", "walking with #toot", "-m", str(picture), "-d", "a picture", expect="posted")
        status_id = re.search(r"/notice/(\d+)", posted)[1]
        toot("status", status_id, expect="walking with")
        toot("post", "an answer", "-r", status_id, expect="posted")
        toot("thread", status_id, expect="an answer")
        for action in ("favourite", "unfavourite", "reblog", "unreblog", "bookmark", "pin", "unpin"):
            toot(action, status_id)
        toot("bookmarks", expect="walking with")
        toot("unbookmark", status_id)
        toot("reblogged-by", status_id)
        toot("timelines", "home", "--no-pager", expect="walking with")
        toot("timelines", "public", "--no-pager", expect="walking with")
        toot("timelines", "tag", "toot", "--no-pager", expect="walking with")
        toot("timelines", "account", "alice", "--no-pager", expect="walking with")
        for action in ("follow", "mute", "unmute", "unfollow", "block", "unblock", "follow"):
            toot(action, "bob")
        toot("whois", "bob", expect="@bob")
        toot("following", "alice", expect="bob")
        toot("followers", "bob", expect="alice")
        toot("notifications")
        toot("follow-requests", "list")
        toot("lists", "create", "friends")
        toot("lists", "add", "friends", "bob")
        toot("lists", "accounts", "friends", expect="bob")
        toot("lists", "delete", "friends")
        toot("search", "bob", expect="bob")
        toot("tags", "followed")
        toot("update-account", "--display-name", "Alice A.", "--note", "walks")
        toot("whoami", expect="Alice A.")
        toot("delete", status_id, expect="deleted")
        toot("logout", f"alice@{address.partition('://')[2]}")


if __name__ == "__main__":
    main(sys.argv[1])
