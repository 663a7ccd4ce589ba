"""What tests of running processes need: to wait for something, and to make requests meanwhile."""

import contextlib
import http.client
import threading
import time
from collections import Counter


def until(condition, seconds=30, log=None):
    """Wait for something that takes a moment; what stands in `log` says why it did not come."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, log.read_text() if log else "waited in vain"
        time.sleep(0.02)


@contextlib.contextmanager
def requests_all_the_time(ask, clients=4):
    """Counts the outcomes of requests that several clients make meanwhile: what `ask` gives, or how it failed."""
    outcomes, ended = Counter(), threading.Event()

    def go_on():
        while not ended.is_set():
            try:
                outcomes[ask()] += 1
            except (OSError, http.client.HTTPException) as error:
                outcomes[type(error).__name__] += 1

    threads = [threading.Thread(target=go_on) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield outcomes
    finally:
        ended.set()
        for thread in threads:
            thread.join()
