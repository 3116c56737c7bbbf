// The heartbeat on node:http alone, to try it with nothing installed: `node server.js`. PORT (3000) is where it listens
// on the loopback address. The database and the cache are stand-ins in memory; express.js shows real ones.
"use strict";

const http = require("node:http");
const { heartbeat } = require("./heartbeat.js");

const db = { query: async () => ({ rows: [{ id: 1 }] }) };
const values = new Map();
const cache = { set: async (name, value) => values.set(name, value), get: async (name) => values.get(name) };
// A real cache forgets by itself.
setInterval(() => values.clear(), 60_000).unref();

const beat = heartbeat({ db, cache, token: process.env.HEARTBEAT_TOKEN });
http
  .createServer((req, res) => {
    if (req.url === "/autoscalebot/heartbeat/") return beat(req, res);
    res.writeHead(404).end();
  })
  .listen(Number(process.env.PORT ?? 3000), "127.0.0.1");
