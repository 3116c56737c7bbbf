//go:build unix

package examples

import (
	"testing"
)

// Calls the view of heartbeat.py in an app that is set up as the first argument says, and prints the status and the
// text.
const djangoSetUp = `
import logging, os, sys, tempfile
folder, case = sys.argv[1:3]
sys.path.insert(0, folder)
logging.disable(logging.CRITICAL)
import django
from django.conf import settings

options = dict(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    SECRET_KEY="x", USE_TZ=True, ALLOWED_HOSTS=["*"],
)
models = {
    "uuid": "class Person(AbstractBaseUser):\n    id = models.UUIDField(primary_key=True, default=uuid.uuid4)",
    "text": "class Person(AbstractBaseUser):\n    id = models.CharField(max_length=40, primary_key=True, default=lambda: uuid.uuid4().hex)",
    "negative": "class Person(AbstractBaseUser):\n    id = models.IntegerField(primary_key=True, default=lambda: -(uuid.uuid4().int % 1000000) - 1)",
    "child": "class Being(models.Model):\n    pass\nclass Person(AbstractBaseUser, Being):\n    pass",
    "own manager": "class Person(AbstractBaseUser):\n    people = models.Manager()",
}
if case in models:
    home = sys.argv[3]
    os.mkdir(os.path.join(home, "people"))
    with open(os.path.join(home, "people", "models.py"), "w") as file:
        file.write("import uuid\nfrom django.contrib.auth.base_user import AbstractBaseUser\nfrom django.db import models\n" + models[case])
        file.write("\n    name = models.CharField(max_length=9, unique=True)\n    USERNAME_FIELD = 'name'\n")
    sys.path.insert(0, home)
    options["INSTALLED_APPS"].append("people")
    options["AUTH_USER_MODEL"] = "people.Person"
if case == "no database":
    options["DATABASES"] = {}
if case == "no users":
    options["INSTALLED_APPS"] = []
if case == "dummy cache":
    options["CACHES"] = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
settings.configure(**options)
django.setup()
if case in models:
    from django.apps import apps
    from django.db import connection
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("people").get_models():
            editor.create_model(model)
    for n in range(3):
        apps.get_model("people", "Person")(name="n%d" % n).save()
elif case not in ("no database", "no users"):
    from django.core.management import call_command
    call_command("migrate", verbosity=0)
if case == "full":
    from django.contrib.auth.models import User
    for n in range(120):
        User.objects.create(username="user%d" % n)
if case == "nowhere to write":
    def gettempdir(): raise FileNotFoundError(2, "No usable temporary directory found")
    tempfile.gettempdir = gettempdir
    tempfile.TemporaryFile = lambda: gettempdir()

from django.test import RequestFactory
from heartbeat import heartbeat
for _ in range(20):
    answer = heartbeat(RequestFactory().get("/"))
    print(answer.status_code, answer.content.decode(), end=";" if answer.status_code == 200 else "\n")
    if answer.status_code != 200:
        break
`

// In any set-up, the view answers 200 if the app can serve pages, and never 503 for what more dynos cannot improve.
func TestDjangoHeartbeatTakesAnySetUp(t *testing.T) {
	interpreter := python(t, "django")
	for name, want := range map[string]string{
		"full": "200 Beat", "empty": "200 Beat", "uuid": "200 Beat", "text": "200 Beat", "negative": "200 Beat", "child": "200 Beat", "own manager": "200 Beat",
		"dummy cache": "200 Beat", "nowhere to write": "200 Beat",
		"no database": "501 database is not set up", "no users": "501 database is not set up",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := run(t, []string{"HEARTBEAT_TOKEN="}, interpreter, "-c", djangoSetUp, abs(t, "heartbeat/django"), name, t.TempDir())
			if want == "200 Beat" {
				want += ";"
				for range 19 {
					want += "200 Beat;"
				}
			} else {
				want += "\n"
			}
			if code != 0 || stdout != want {
				t.Errorf("got %q (exit %d) %s, want %q", stdout, code, stderr, want)
			}
		})
	}
}
