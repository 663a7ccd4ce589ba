"""Many statuses both ways at once, and our server is killed in the middle."""

import time
from concurrent.futures import ThreadPoolExecutor

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
        way.expect(f"all are there {where}", set(), lambda r=reader, a=author: set(expected) - set(r.walked(a)), 240)
        got = reader.walked(author)
        way.expect(f"once {where}", [], lambda got=got: sorted({text for text in got if got.count(text) > 1}), 1)
        way.expect(f"in order {where}", sorted(got), lambda got=got: got, 1)
