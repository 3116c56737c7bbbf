// The heartbeat page of a Node app: uses the database, the cache and the disk, and answers 200 "Beat".
//
// heartbeat({ db, cache, token }) gives a plain (req, res) handler, which Express and node:http take alike:
//   app.get("/autoscalebot/heartbeat/", heartbeat({ db, cache, token: process.env.HEARTBEAT_TOKEN }));
// db is a Pool of pg, or anything with its query(text, values); cache a client of redis (node-redis), or anything with
// its set(name, value, { EX }) and get(name). See express.js and server.js.
//
// To adapt it: read the table that your pages read most; take out of `parts` what your app does not use, and add what
// it does. Set HEARTBEAT_TOKEN in the app and in the bot, and only the bot can call it.
"use strict";

const { createHash, randomUUID, timingSafeEqual } = require("node:crypto");
const fs = require("node:fs/promises");
const os = require("node:os");
const path = require("node:path");

// Reads one of the first hundred rows by its key: few entries of an index, however big the table, whatever the key is.
async function database(db) {
  await db.query("SELECT id FROM items ORDER BY id LIMIT 1 OFFSET $1", [Math.floor(Math.random() * 100)]);
}

// Sets a value and gets it back. The name is new each time, so that heartbeats side by side do not meet.
async function caching(cache) {
  const name = `heartbeat:${randomUUID()}`;
  await cache.set(name, name, { EX: 10 });
  if ((await cache.get(name)) !== name) throw new Error("the cache did not give back what was set");
}

// Writes a temporary file, reads it again and removes it.
async function disk() {
  const file = path.join(os.tmpdir(), `heartbeat-${randomUUID()}`);
  const text = "heartbeat".repeat(1000);
  try {
    await fs.writeFile(file, text, { flag: "wx", mode: 0o600 });
    if ((await fs.readFile(file, "utf8")) !== text) throw new Error("the file did not give back what was written");
  } finally {
    await fs.rm(file, { force: true });
  }
}

// Hashes are equally long, which timingSafeEqual demands.
const hash = (text) => createHash("sha256").update(text).digest();
const same = (a, b) => timingSafeEqual(hash(a), hash(b));

// Says how long the request waited for a process of the app, if the router says when it took it: in X-Request-Start, in
// seconds, milliseconds or microseconds, after "t=" or not. Clocks that differ do not make it less than 0.
function queueTime(req) {
  const taken = /^(?:t=)?(\d{10})\.?(\d*)$/.exec(req.headers["x-request-start"] ?? "");
  const waited = taken && Date.now() - Number(`${taken[1]}.${taken[2]}`) * 1000;
  return taken ? { "X-Queue-Time-Ms": Math.max(0, waited).toFixed(3) } : {};
}

function heartbeat({ db, cache, token }) {
  const parts = { database: () => database(db), cache: () => caching(cache), disk };
  return async function (req, res) {
    const waited = queueTime(req); // first of all: what follows is not the queue
    const answer = (status, text, headers = {}) =>
      res
        .writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store", ...headers })
        .end(text);
    if (token && !same(req.headers.authorization ?? "", `Bearer ${token}`)) {
      return answer(401, "wrong or missing token", { "WWW-Authenticate": "Bearer" });
    }
    for (const [name, part] of Object.entries(parts)) {
      try {
        await part();
      } catch (error) {
        console.error(`heartbeat: ${name} failed:`, error); // for the app's own log, not for the answer
        return answer(503, `${name} failed`);
      }
    }
    return answer(200, "Beat", waited);
  };
}

module.exports = { heartbeat };
