"""A load for app.py: `python3 load.py [URL] [PEOPLE] [SECONDS]`.

PEOPLE (10) visitors request the page for SECONDS (60), each again as soon as it is answered. Each second prints the number
of answers and how long they took. The default URL is http://127.0.0.1:8080/.
"""

import sys
import threading
import time
import urllib.request


def visit(url, end, took):
    """Requests the page until the end and records the seconds of each answer, None for a failure."""
    while time.monotonic() < end:
        start = time.monotonic()
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                answer.read()
            took.append(time.monotonic() - start)
        except OSError:  # Refused, reset, or an error status such as 503.
            took.append(None)
            time.sleep(0.2)


def main(url="http://127.0.0.1:8080/", people="10", seconds="60"):
    end = time.monotonic() + float(seconds)
    took = []
    for _ in range(int(people)):
        threading.Thread(target=visit, args=(url, end, took), daemon=True).start()
    while time.monotonic() < end:
        time.sleep(1)
        second = took[:]
        del took[: len(second)]
        answers = sorted(t for t in second if t is not None)
        middle = "%4.0f ms" % (1000 * answers[len(answers) // 2]) if answers else "-"
        print("%3d answers, %d failed, half within %s" % (len(answers), len(second) - len(answers), middle), flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
