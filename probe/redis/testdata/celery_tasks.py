# It writes tasks with the real Celery.
import os
import sys
import time

from celery import Celery

url = os.environ["ADDR"] + "/" + os.environ["DATABASE"]
app = Celery("tasks", broker="redis://default:{}@{}".format(os.environ["ESCAPED"], url))
app.conf.worker_prefetch_multiplier = 1
app.conf.task_acks_late = True


@app.task
def work():
    print("working", flush=True)
    time.sleep(3600)


if sys.argv[1] == "write":
    for priority in (None, None, 3, 6, 9):
        work.apply_async(priority=priority)
    work.apply_async(queue="mail, odd")
    print("{}")
else:
    work.apply_async(queue="slow")
    app.worker_main(["worker", "--pool=solo", "-Q", "slow", "--without-gossip", "--without-mingle", "--without-heartbeat"])
