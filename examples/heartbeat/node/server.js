// The heartbeat with node:http, to try it without installing anything: `node server.js`. It listens on PORT (3000) of the
// loopback address. The database and the cache are in memory; express.js has real ones.
"use strict";

const http = require("node:http");
const { heartbeat } = require("./heartbeat.js");

const db = { query: async () => ({ rows: [{ id: 1 }] }) };
const values = new Map();
const cache = { set: async (name, value) => values.set(name, value), get: async (name) => values.get(name) };
// A real cache expires values by itself.
setInterval(() => values.clear(), 60_000).unref();

const beat = heartbeat({ db, cache, token: process.env.HEARTBEAT_TOKEN });
http
  .createServer((req, res) => {
    if (req.url === "/autoscalebot/heartbeat/") return beat(req, res);
    res.writeHead(404).end();
  })
  .listen(Number(process.env.PORT ?? 3000), "127.0.0.1");
