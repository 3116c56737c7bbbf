"""The heartbeat page of a Django app: it uses the database, the cache and the disk, and answers 200 "Beat".

Copy this file into your project and add to urls.py:

    path("autoscalebot/heartbeat/", heartbeat),

To adapt it, read the table that your pages read most, with your own query. Remove from PARTS what your app does not use, and
add what it does (a search index, a queue). Set HEARTBEAT_TOKEN in the app and in the bot, so that only the bot can call it.
SECURE_SSL_REDIRECT and ALLOWED_HOSTS apply to this page, too: give the bot the https:// address.
"""

import logging
import os
import random
import re
import tempfile
import time
import uuid

from django.contrib.auth import get_user_model
from django.core.cache import cache, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe


def database():
    """Reads one of the first hundred rows by primary key: a few index entries in a table of any size."""
    rows = get_user_model()._default_manager.order_by("pk").values_list("pk")
    at = random.randrange(100)
    list(rows[at : at + 1])


def caching():
    """Sets a value and gets it back. The name is new each time, so that simultaneous heartbeats do not interfere."""
    if isinstance(caches["default"], DummyCache):
        return  # it stores nothing, also for the pages
    name = value = "heartbeat:" + uuid.uuid4().hex
    cache.set(name, value, timeout=10)
    if cache.get(name) != value:
        raise RuntimeError("the cache returned another value")


def disk():
    """Writes a temporary file and reads it. Closing removes it."""
    with tempfile.TemporaryFile() as file:
        file.write(b"heartbeat" * 1000)
        file.seek(0)
        if file.read() != b"heartbeat" * 1000:
            raise RuntimeError("the file has other contents")


PARTS = {"database": database, "cache": caching, "disk": disk}
try:
    tempfile.gettempdir()
except FileNotFoundError:
    del PARTS["disk"]  # no folder for temporary files, also for the pages


def queue_time(request):
    """How long the request waited for a process of the app. The router sends the time at which it received the request in
    X-Request-Start: seconds, milliseconds or microseconds, with or without "t=". Never less than 0, if clocks differ."""
    taken = re.match(r"(?:t=)?([0-9]{10})\.?([0-9]*)$", request.headers.get("X-Request-Start", ""))
    waited = taken and (time.time() - float(taken[1] + "." + taken[2])) * 1000
    return {"X-Queue-Time-Ms": "%.3f" % max(0, waited)} if taken else {}


@require_safe
def heartbeat(request):
    waited = queue_time(request)  # first, because what follows is not the queue
    token = os.environ.get("HEARTBEAT_TOKEN")
    if token and not constant_time_compare(request.headers.get("Authorization", ""), "Bearer " + token):
        return answer("wrong or missing token", 401, {"WWW-Authenticate": "Bearer"})
    for name, part in PARTS.items():
        try:
            part()
        except ImproperlyConfigured:  # Not caused by load, so it must not count as slow: 501 adds no dynos.
            logging.getLogger(__name__).exception("heartbeat: %s is not set up: remove it from PARTS", name)
            return answer(name + " is not set up", 501)
        except Exception:  # The bot must see every failure. The details go to the app's log.
            logging.getLogger(__name__).exception("heartbeat: %s failed", name)
            return answer(name + " failed", 503)
    return answer("Beat", 200, waited)


def answer(text, status, headers=()):
    response = HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    for name, value in dict(headers).items():
        response[name] = value
    return response
