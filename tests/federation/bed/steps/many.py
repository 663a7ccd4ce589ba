"""Many statuses both ways at once, and our server is killed in the middle."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

NUMBER = 300


def posts(way):
    """All are there once, in the order they were written in."""

    def write(author):
        for place in range(NUMBER):
            author.write_for_sure(f"walk {place:03}", f"{author.server.host}-{author.nickname}-{place}")

    with ThreadPoolExecutor(2) as threads:
        writing = [threads.submit(write, author) for author in (way.actor, way.reader)]
        time.sleep(5)
        way.actor.server.kill_everything()
        way.actor.server.start_again()
        for each in writing:
            each.result()
    way.actor.server.run("host", "retry", way.reader.server.host)
    expected = [f"walk {place:03}" for place in range(NUMBER)]
    for reader, author in ((way.actor, way.reader), (way.reader, way.actor)):
        where = f"on {reader.server.host}"
        wanted = set(expected)
        if author is way.reader and not way.can("repeated deliveries"):
            wanted = _taken(way, expected)
        way.expect(f"all are there {where}", set(), lambda r=reader, a=author, w=wanted: w - set(r.walked(a)), 240)
        got = reader.walked(author)
        way.compare(f"once {where}", [], sorted({text for text in got if got.count(text) > 1}))
        way.compare(f"in order {where}", [], _out_of_order(got))
    way.compare("sent in order", [], _out_of_order(_sent(way)))


def _out_of_order(texts):
    return [text for before, text in pairwise(texts) if text < before]


def _sent(way):
    """What the peer took from our server, in that order; what was sent again after the kill counts once."""
    taken = way.bed.exchanges_with(way.reader.server.host, "POST", "walk ")
    texts = [re.search(r"walk \d+", each["body"])[0] for each in taken
             if each["status"] < 300 and way.actor.server.host in each["from"]]  # fmt: skip
    return list(dict.fromkeys(texts))


def _taken(way, texts):
    """Those that our server took."""
    exchanges = way.bed.exchanges_with(way.actor.server.host, "POST", "walk ")
    taken = " ".join(each["body"] for each in exchanges if each["status"] == 202)
    return {text for text in texts if text in taken}
