"""A Flask app with a heartbeat page that uses the database, the cache and the disk, and answers 200 "Beat".

To try it, run `python3 app.py` with Flask 1.1 or newer. It listens on PORT (5000) of the loopback address. DATABASE_PATH is
the SQLite file that it creates and fills.

To adapt it, copy everything between the two lines. Read the table that your pages read most, with your own connection
(`db.session` of SQLAlchemy). Use your own cache instead of `cache` (flask_caching's Cache, or redis with `ex=10`). Remove
from PARTS what your app does not use, and add what it does. Set HEARTBEAT_TOKEN in the app and in the bot, so that only
the bot can call it.
"""

import contextlib
import hmac
import os
import random
import re
import sqlite3
import tempfile
import time
import uuid

from flask import Flask, Response, request

app = Flask(__name__)
cache = {}  # Use a real cache.
DATABASE = os.environ.get("DATABASE_PATH", os.path.join(tempfile.gettempdir(), "heartbeat-flask.sqlite3"))

# --- from here ---


def database():
    """Reads one of the first hundred rows by primary key: a few index entries in a table of any size."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=rw" % DATABASE, uri=True)) as db:
        db.execute("SELECT name FROM items ORDER BY id LIMIT 1 OFFSET ?", [random.randrange(100)]).fetchone()


def caching():
    """Sets a value and gets it back. The name is new each time, so that simultaneous heartbeats do not interfere."""
    name = value = "heartbeat:" + uuid.uuid4().hex
    cache[name] = value
    if cache.pop(name, None) != value:
        raise RuntimeError("the cache returned another value")


def disk():
    """Writes a temporary file and reads it. Closing removes it."""
    with tempfile.TemporaryFile() as file:
        file.write(b"heartbeat" * 1000)
        file.seek(0)
        if file.read() != b"heartbeat" * 1000:
            raise RuntimeError("the file has other contents")


PARTS = {"database": database, "cache": caching, "disk": disk}


def queue_time():
    """How long the request waited for a process of the app. The router sends the time at which it received the request in
    X-Request-Start: seconds, milliseconds or microseconds, with or without "t=". Never less than 0, if clocks differ."""
    taken = re.match(r"(?:t=)?([0-9]{10})\.?([0-9]*)$", request.headers.get("X-Request-Start", ""))
    waited = taken and (time.time() - float(taken[1] + "." + taken[2])) * 1000
    return {"X-Queue-Time-Ms": "%.3f" % max(0, waited)} if taken else {}


@app.route("/autoscalebot/heartbeat/")
def heartbeat():
    waited = queue_time()  # first, because what follows is not the queue
    token = os.environ.get("HEARTBEAT_TOKEN")
    sent = request.headers.get("Authorization", "")
    # As bytes, because compare_digest refuses non-ASCII text, which anybody can send.
    if token and not hmac.compare_digest(sent.encode(), ("Bearer " + token).encode()):
        return answer("wrong or missing token", 401, {"WWW-Authenticate": "Bearer"})
    for name, part in PARTS.items():
        try:
            part()
        except Exception:  # The bot must see every failure. The details go to the app's log.
            app.logger.exception("heartbeat: %s failed", name)
            return answer(name + " failed", 503)
    return answer("Beat", 200, waited)


def answer(text, status, headers=()):
    return Response(text, status, {"Cache-Control": "no-store", **dict(headers)}, content_type="text/plain; charset=utf-8")


# --- to here ---

if __name__ == "__main__":
    with contextlib.closing(sqlite3.connect(DATABASE)) as db, db:
        db.execute("CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, name TEXT)")
        db.executemany("INSERT OR IGNORE INTO items VALUES (?, ?)", [(n, "item %d" % n) for n in range(1, 11)])
    app.run("127.0.0.1", int(os.environ.get("PORT", "5000")))
