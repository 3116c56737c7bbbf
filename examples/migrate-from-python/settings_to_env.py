#!/usr/bin/env python3
"""Turns a settings file of the Python autoscalebot into environment variables.

    python3 settings_to_env.py autoscale_settings.py > autoscalebot.env
    python3 settings_to_env.py --heroku myproject/settings.py

The file is parsed, never run. In a Django settings file only names with AUTOSCALE_ count, and TIME_ZONE. Settings that
cannot be carried over are listed on the error stream. Exit code: 0 if all were carried over, 1 if some were not, 2 if the
file cannot be read. Needs only Python 3.7 or newer.
"""

import argparse
import ast
import difflib
import math
import re
import shlex
import sys
import warnings

PLACEHOLDER = "YOUR-HEROKU-API-KEY"
BACKENDS = {"ConsoleBackend": "console", "DjangoEmailBackend": "email", "LoggerBackend": "log"}


class NotCarried(Exception):
    """Why a setting has no counterpart among the environment variables; rest is the part of it that has one."""

    def __init__(self, why, rest=""):
        super().__init__(why)
        self.rest = rest


def text(value):
    if not isinstance(value, str):
        raise NotCarried("is %s, not text" % kind(value))
    if not value.isprintable():
        raise NotCarried("has a line break or another unprintable character")
    return value


def number(value):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise NotCarried("is %s, not a number" % kind(value))
    return repr(value)


def count(value):
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise NotCarried("is %s, not a whole number of 0 or more" % kind(value))
    return str(value)


def truth(value):
    if not isinstance(value, (bool, int)) or value not in (0, 1):
        raise NotCarried("is %s, not True or False" % kind(value))
    return "true" if value else "false"


def table(value):
    """A number of dynos, or a dictionary of times of day and numbers."""
    if not isinstance(value, dict):
        return count(value)
    rows = {}
    for time, dynos in value.items():
        match = re.fullmatch(r"(\d\d?):(\d\d)", time, re.ASCII) if isinstance(time, str) else None
        if not match or int(match[1]) > 23 or int(match[2]) > 59:
            raise NotCarried("has the row %r, which is not a time from 0:00 to 23:59" % (time,))
        minute = 60 * int(match[1]) + int(match[2])
        if minute in rows:
            raise NotCarried("has two rows for %s" % time)
        try:
            rows[minute] = "%s=%s" % (time, count(dynos))
        except NotCarried as problem:
            raise NotCarried("has the row %r, whose number %s" % (time, problem))
    if not rows:
        raise NotCarried("is an empty table")
    return ",".join(rows[minute] for minute in sorted(rows))


def backends(value):
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise NotCarried("is %s, not a list of names" % kind(value))
    known = ",".join(BACKENDS[name.rpartition(".")[2]] for name in names if name.rpartition(".")[2] in BACKENDS)
    unknown = [name for name in names if name.rpartition(".")[2] not in BACKENDS]
    if unknown:
        raise NotCarried("has no counterpart for %s; perhaps use the webhook" % ", ".join(unknown), known)
    return known


# Every setting of the Python bot, and the function that converts it to the value of the environment variable.
SETTINGS = {
    "HEROKU_APP_NAME": text,
    "HEROKU_API_KEY": text,
    "HEARTBEAT_INTERVAL_IN_SECONDS": number,
    "HEARTBEAT_URL": text,
    "MAX_RESPONSE_TIME_IN_MS": number,
    "MIN_RESPONSE_TIME_IN_MS": number,
    "NUMBER_OF_FAILS_TO_SCALE_UP_AFTER": count,
    "NUMBER_OF_PASSES_TO_SCALE_DOWN_AFTER": count,
    "MAX_DYNOS": table,
    "MIN_DYNOS": table,
    "TIME_ZONE": text,
    "INCREMENT": count,
    "NOTIFICATION_BACKENDS": backends,
    "NOTIFY_IF_SCALE_DIFF_EXCEEDS_THRESHOLD": count,
    "NOTIFY_IF_SCALE_DIFF_EXCEEDS_PERIOD_IN_MINUTES": number,
    "NOTIFY_IF_NEEDS_EXCEED_MAX": truth,
    "NOTIFY_IF_NEEDS_BELOW_MIN": truth,
    "NOTIFY_ON_SCALE_FAILS": truth,
    "NOTIFY_ON_EVERY_SCALE": truth,
    "NOTIFY_ON_EVERY_PING": truth,
}


def kind(value):
    """The type of a value, without the value, which may be a key."""
    return {type(None): "None", bool: "True or False", str: "text", dict: "a dictionary"}.get(
        type(value), "a value of type " + type(value).__name__
    )


def say(line):
    print(line, file=sys.stderr)


CHANGES = {"append", "clear", "extend", "insert", "pop", "popitem", "remove", "setdefault", "update"}


def settings_set(node):
    """The names that a node sets, or the settings that it imports or changes in place, and how."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return [node.id], "is set under a condition or together with others"
    names, how = [], "is changed in place"
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names, how = [alias.asname or alias.name for alias in node.names], "is imported"
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
        names = [getattr(node.value, "id", "")]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
        names = [getattr(node.func.value, "id", "")]
    return [name for name in names if unprefixed(name) in SETTINGS], how


def unprefixed(name):
    return name[len("AUTOSCALE_") :] if name.startswith("AUTOSCALE_") else name


def assignments(tree):
    """(name, value node, line) for each assignment, in the file's order. If it is set in another way, a text replaces the value."""
    plain, own = {}, set()
    for node in tree.body:
        if isinstance(node, ast.Assign) or (isinstance(node, ast.AnnAssign) and node.value):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    plain[target] = node.value
    for node in ast.walk(tree):
        if isinstance(node, ast.comprehension):
            own.update(ast.walk(node.target))  # names that exist only in the comprehension
    for node in sorted(ast.walk(tree), key=lambda n: (getattr(n, "lineno", 0), getattr(n, "col_offset", 0))):
        names, how = settings_set(node) if node not in own else ([], "")
        for name in names:
            # Every name of `A, B = 1, 2` is reported as not carried over.
            yield name, plain.get(node, how), node.lineno


def convert(tree):
    """The environment as a dictionary, and a line for each setting that could not be carried over."""
    found = list(assignments(tree))
    names = {name for name, _, _ in found}
    django = any(name.startswith("AUTOSCALE_") for name in names)
    time_zone = "AUTOSCALE_TIME_ZONE" if "AUTOSCALE_TIME_ZONE" in names else "TIME_ZONE"
    env, problems = {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            problems[node] = "line %d: names from `import *` are ignored" % node.lineno
    for written, node, line in found:
        name = unprefixed(written)
        if not name.isupper() or (django and name == written and name != time_zone):
            continue
        env.pop(name, None)  # The last assignment counts, even if it cannot be carried over.
        problems.pop(name, None)
        try:
            if name not in SETTINGS:
                near = difflib.get_close_matches(name, SETTINGS, 1, 0.8)
                raise NotCarried("is not a setting of autoscalebot" + ("; did it mean %s?" % near[0] if near else ""))
            if isinstance(node, str):
                raise NotCarried(node + ": set it by hand")
            try:
                value = ast.literal_eval(node)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                raise NotCarried("is computed, not a plain value: set it by hand") from None
            # None, an empty text and an empty list meant that the setting is not set.
            converted = "" if value is None else SETTINGS[name](value)
            if converted:
                env[name] = converted
        except NotCarried as problem:
            problems[name] = "line %d: %s %s" % (line, written, problem)
            if problem.rest:
                env[name] = problem.rest
    return env, list(problems.values())


def quoted(value):
    """Quotes a value for dotenv readers, systemd and shells alike."""
    if re.fullmatch(r"[\w./:@%+,=-]+", value, re.ASCII):
        return value
    if "'" not in value:
        return "'%s'" % value
    return '"%s"' % re.sub(r'([\\"$`])', r"\\\1", value)


def parse(path):
    warnings.simplefilter("ignore")  # A warning would show the line, which may have the key.
    try:
        with open(path, "rb") as file:
            return ast.parse(file.read(), path)
    except OSError as problem:
        sys.exit(usage("%s: %s" % (path, problem.strerror)))
    except SyntaxError as problem:
        # For the same reason show neither the line nor Python's message, which may quote it.
        sys.exit(usage("%s: line %d is not Python 3: correct it first" % (path, problem.lineno or 1)))
    except (ValueError, MemoryError, RecursionError) as problem:
        sys.exit(usage("%s is not Python: %s" % (path, problem)))


def usage(line):
    say(line)
    return 2


def main():
    options = argparse.ArgumentParser(description="Turns Python settings of autoscalebot into environment variables.")
    options.add_argument("file", help="autoscale_settings.py, or the settings.py of a Django project")
    options.add_argument("--heroku", action="store_true", help="print a `heroku config:set` command")
    options.add_argument("--with-secrets", action="store_true", help="print the API key too")
    given = options.parse_args()

    env, problems = convert(parse(given.file))
    if "HEROKU_API_KEY" in env and not given.with_secrets:
        env["HEROKU_API_KEY"] = PLACEHOLDER
        say("hint: HEROKU_API_KEY: replace %s with your key, or use --with-secrets" % PLACEHOLDER)
    if "email" in env.get("NOTIFICATION_BACKENDS", "").split(","):
        say("hint: NOTIFICATION_BACKENDS: email needs SMTP_URL, EMAIL_FROM and EMAIL_TO; Django's settings are ignored")
    if not env and not problems:
        problems = ["%s has no setting of autoscalebot" % given.file]
    if env and given.heroku:
        print("heroku config:set " + " \\\n  ".join(shlex.quote("%s=%s" % item) for item in env.items()))
    elif env:
        print("\n".join("%s=%s" % (name, quoted(value)) for name, value in env.items()))
    for problem in problems:
        say("not carried over: " + problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
