"""A web app that is easy to overload: it serves two requests at a time, each in a tenth of a second. The others wait.

One process serves 20 requests a second, two serve 40, and so on, on any machine, because the work is a pause. It listens
on PORT (8000) of the loopback address.
"""

import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WORKERS = threading.BoundedSemaphore(2)
SECONDS = 0.1


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        with WORKERS:  # The heartbeat waits with all other requests.
            time.sleep(SECONDS)
        beat = self.path == "/autoscalebot/heartbeat/"
        body = b"Beat" if beat else b"Hello from process %d.\n" % os.getpid()
        try:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            pass  # The client has given up.

    def log_message(self, *args):
        """Quiet, because the bot's lines are what you want to see."""


class Server(ThreadingHTTPServer):
    daemon_threads = False  # Requests in progress are finished before the process ends.
    block_on_close = True
    request_queue_size = 128


if __name__ == "__main__":
    with Server(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Handler) as server:
        # shutdown waits for serve_forever to return, so it cannot be called in the thread that serves.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever()
