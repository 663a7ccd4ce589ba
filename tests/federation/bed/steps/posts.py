"""Statuses come with all that they have, are answered, edited and deleted."""

import io

from PIL import Image


def post(way):
    """Each kind of visibility, and everything that may stand in a status."""
    whole = f"@{way.reader.handle} a full status #Town"
    _, seen = way.posted("a full status", whole, spoiler_text="careful", language="de", sensitive=True)
    way.compare("author", way.actor.handle, seen["account"]["acct"])
    way.compare("visibility public", "public", seen["visibility"])
    way.compare("content warning", ("careful", True), (seen["spoiler_text"], seen["sensitive"]))
    way.compare("language", "de", seen["language"])
    way.compare("hashtag", ["town"], [tag["name"].lower() for tag in seen["tags"]])
    mentioned = [each["acct"].partition("@")[0] for each in seen["mentions"]]
    way.compare("mention", [way.reader.nickname], mentioned)
    way.expect("notification of the mention", True,
               lambda: bool(way.reader.notified("mention", way.actor, "a full status")))  # fmt: skip
    for visibility in ("unlisted", "private"):
        _, seen = way.posted(f"for {visibility} eyes", visibility=visibility)
        way.compare(f"visibility {visibility}", visibility, seen["visibility"])
    _direct(way)
    _, seen = way.posted("a red one", "a red one :red:")
    way.compare("custom emoji", ["red"], [each["shortcode"] for each in seen["emojis"]])
    _pictures(way)


def _direct(way):
    way.actor.write(f"@{way.reader.handle} between us", visibility="direct")
    notified = way.expect_some("notification of the direct status",
                               lambda: way.reader.notified("mention", way.actor, "between us"))  # fmt: skip
    way.compare("visibility direct", "direct", notified["status"]["visibility"])
    way.expect("direct status is in a conversation", True, lambda: any(
        "between us" in each["last_status"]["content"] for each in way.reader.get("/api/v1/conversations")
    ))  # fmt: skip


def _pictures(way):
    texts = ["a red square", "a blue square"]
    pictures = []
    for text in texts:
        file = io.BytesIO()
        Image.new("RGB", (64, 48), text.split()[1]).save(file, "PNG")
        pictures.append(way.actor.picture(file.getvalue(), text))
    _, seen = way.posted("two pictures", media_ids=pictures)
    way.expect("texts of pictures", texts, lambda: [
        each["description"] for each in way.reader.status(seen["id"])["media_attachments"]
    ])  # fmt: skip
    way.expect("pictures can be had", [200, 200], lambda: [
        way.reader.code(each["url"]) for each in way.reader.status(seen["id"])["media_attachments"]
    ])  # fmt: skip


def reply(way):
    """A reply, a reply to it, and one to a private status: the whole thread on both sides."""
    own, seen = way.posted("what about tea?")
    way.reader.write(f"@{way.actor.handle} tea is fine", in_reply_to_id=seen["id"])
    answer = way.expect_some("the reply came back", lambda: _with(way.actor.answers(own["id"]), "tea is fine"))
    way.compare("it answers the status", own["id"], answer["in_reply_to_id"])
    way.expect("it is counted", 1, lambda: way.actor.status(own["id"])["replies_count"])
    way.expect("notification of the reply", True,
               lambda: bool(way.actor.notified("mention", way.reader, "tea is fine")))  # fmt: skip
    way.actor.write(f"@{way.reader.handle} milk with it?", in_reply_to_id=answer["id"])
    way.expect("the whole thread", [True, True], lambda: [
        text in each["content"]
        for text, each in zip(("tea is fine", "milk with it"), way.reader.answers(seen["id"]), strict=True)
    ])  # fmt: skip
    own, seen = way.posted("between friends: coffee?", visibility="private")
    way.reader.write(f"@{way.actor.handle} no coffee", in_reply_to_id=seen["id"], visibility="private")
    way.expect("reply to a private status", True,
               lambda: bool(_with(way.actor.answers(own["id"]), "no coffee")))  # fmt: skip


def _with(statuses, text):
    return next((each for each in statuses if text in each["content"]), None)


def edit(way):
    """The text and the content warning change, and the time is noted."""
    own, seen = way.posted("a mistaek")
    way.actor.edit(own["id"], "a mistake", spoiler_text="mended", sensitive=True)
    way.expect("text", True, lambda: "a mistake" in way.reader.status(seen["id"])["content"])
    way.expect("changed content warning", "mended", lambda: way.reader.status(seen["id"])["spoiler_text"])
    way.expect("time of the edit", True, lambda: bool(way.reader.status(seen["id"])["edited_at"]))
    way.expect("history", 2, lambda: len(way.reader.get(f"/api/v1/statuses/{seen['id']}/history")))
    way.actor.edit(own["id"], "a mistake no more")
    way.expect("text after a second edit", True, lambda: "no more" in way.reader.status(seen["id"])["content"])


def delete(way):
    """While the other is there, and while it is away."""
    own, seen = way.posted("soon gone")
    way.actor.remove(own["id"])
    way.expect("gone at home", None, lambda: way.reader.seen("soon gone", way.actor))
    way.expect("gone", 404, lambda: way.reader.code(f"/api/v1/statuses/{seen['id']}"))
    way.expect("its document is gone", 410, lambda: way.reader.document(own["uri"]))
    own, seen = way.posted("gone while you are away")
    way.reader.server.stop()
    way.actor.remove(own["id"])
    way.reader.server.begin_again()
    way.bed.retry(way)
    way.expect("gone after it was away", 404, lambda: way.reader.code(f"/api/v1/statuses/{seen['id']}"), 150)
