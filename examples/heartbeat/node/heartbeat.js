// The heartbeat page of a Node app: it uses the database, the cache and the disk, and answers 200 "Beat".
//
// heartbeat({ db, cache, token }) returns a (req, res) handler for Express and node:http:
//   app.get("/autoscalebot/heartbeat/", heartbeat({ db, cache, token: process.env.HEARTBEAT_TOKEN }));
// db is a Pool of pg, or anything with query(text, values). cache is a client of redis (node-redis), or anything with
// set(name, value, { EX }) and get(name). See express.js and server.js.
//
// To adapt it, read the table that your pages read most. Remove from `parts` what your app does not use, and add what it
// does. Set HEARTBEAT_TOKEN in the app and in the bot, so that only the bot can call it.
"use strict";

const { createHash, randomUUID, timingSafeEqual } = require("node:crypto");
const fs = require("node:fs/promises");
const os = require("node:os");
const path = require("node:path");

// Reads one of the first hundred rows by primary key: a few index entries in a table of any size.
async function database(db) {
  await db.query("SELECT id FROM items ORDER BY id LIMIT 1 OFFSET $1", [Math.floor(Math.random() * 100)]);
}

// Sets a value and gets it back. The name is new each time, so that simultaneous heartbeats do not interfere.
async function caching(cache) {
  const name = `heartbeat:${randomUUID()}`;
  await cache.set(name, name, { EX: 10 });
  if ((await cache.get(name)) !== name) throw new Error("the cache returned another value");
}

// Writes a temporary file, reads it and removes it.
async function disk() {
  const file = path.join(os.tmpdir(), `heartbeat-${randomUUID()}`);
  const text = "heartbeat".repeat(1000);
  try {
    await fs.writeFile(file, text, { flag: "wx", mode: 0o600 });
    if ((await fs.readFile(file, "utf8")) !== text) throw new Error("the file has other contents");
  } finally {
    await fs.rm(file, { force: true });
  }
}

// Hashes have equal lengths, as timingSafeEqual requires.
const hash = (text) => createHash("sha256").update(text).digest();
const same = (a, b) => timingSafeEqual(hash(a), hash(b));

// How long the request waited for a process of the app. The router sends the time at which it received the request in
// X-Request-Start: seconds, milliseconds or microseconds, with or without "t=". Never less than 0, if clocks differ.
function queueTime(req) {
  const taken = /^(?:t=)?(\d{10})\.?(\d*)$/.exec(req.headers["x-request-start"] ?? "");
  const waited = taken && Date.now() - Number(`${taken[1]}.${taken[2]}`) * 1000;
  return taken ? { "X-Queue-Time-Ms": Math.max(0, waited).toFixed(3) } : {};
}

function heartbeat({ db, cache, token }) {
  const parts = { database: () => database(db), cache: () => caching(cache), disk };
  return async function (req, res) {
    const waited = queueTime(req); // first, because what follows is not the queue
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
        console.error(`heartbeat: ${name} failed:`, error); // for the app's log, not for the answer
        return answer(503, `${name} failed`);
      }
    }
    return answer(200, "Beat", waited);
  };
}

module.exports = { heartbeat };
