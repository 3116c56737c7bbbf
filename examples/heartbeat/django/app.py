"""A Django app in one file, to try heartbeat.py: run `python3 app.py` with Django 3.2 or newer.

It listens on PORT (8000) of the loopback address. DATABASE_PATH is the SQLite file that it creates and fills.
"""

import os
import tempfile

import django
from django.conf import settings
from django.core.management import call_command
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("DATABASE_PATH", os.path.join(tempfile.gettempdir(), "heartbeat-django.sqlite3")),
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.urandom(32).hex(),
    USE_TZ=True,
)
django.setup()

from heartbeat import heartbeat  # noqa: E402 (needs the settings above)

urlpatterns = [path("autoscalebot/heartbeat/", heartbeat)]

if __name__ == "__main__":
    from django.contrib.auth.models import User

    call_command("migrate", verbosity=0)
    for number in range(10):
        User.objects.get_or_create(username="user%d" % number)
    call_command("runserver", "127.0.0.1:" + os.environ.get("PORT", "8000"), use_reloader=False)
