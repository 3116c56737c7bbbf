# It writes jobs with the real RQ, and prints what RQ itself says about them.
import json
import os
import sys
import time
from datetime import timedelta, timezone

from redis import Redis
from rq import Queue, SimpleWorker
from rq.suspension import suspend

redis = Redis.from_url(os.environ["URL"], password=os.environ["PASSWORD"])
default, mail = Queue("default", connection=redis), Queue("mail, odd", connection=redis)

if sys.argv[1] == "work":

    class Worker(SimpleWorker):
        def prepare_job_execution(self, *args, **kwargs):
            super().prepare_job_execution(*args, **kwargs)
            print("working", flush=True)

    Queue("slow", connection=redis).enqueue(time.sleep, 3600)
    Worker(["slow"], connection=redis).work(burst=True, logging_level="ERROR")
elif sys.argv[1] == "suspend":
    suspend(redis)
    print("{}")
else:
    first = default.enqueue(time.sleep, 1)
    time.sleep(0.3)
    default.enqueue(time.sleep, 1)
    default.enqueue(time.sleep, 1, at_front=True)
    mail.enqueue(time.sleep, 1)
    mail.enqueue_in(timedelta(seconds=60), time.sleep, 1)
    last = default.enqueue(time.sleep, 1)
    at = lambda t: t.replace(tzinfo=timezone.utc).timestamp()
    print(json.dumps({"first": at(first.enqueued_at), "last": at(last.enqueued_at), "queues": [q.name for q in Queue.all(connection=redis)]}))
