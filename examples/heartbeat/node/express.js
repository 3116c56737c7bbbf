// The heartbeat in an Express app on PostgreSQL and Redis: `npm install express pg redis`, then
// `DATABASE_URL=postgres://… REDIS_URL=redis://… node express.js`. The table `items` needs a numeric key `id`.
"use strict";

const express = require("express");
const { Pool } = require("pg");
const { createClient } = require("redis");
const { heartbeat } = require("./heartbeat.js");

// Both report a lost connection by an event, which ends the process without a listener.
const db = new Pool({ connectionString: process.env.DATABASE_URL });
db.on("error", (error) => console.error("postgres:", error.message));
// Without the offline queue a lost Redis is an error at once, instead of a wait.
const cache = createClient({ url: process.env.REDIS_URL, disableOfflineQueue: true });
cache.on("error", (error) => console.error("redis:", error.message));
cache.connect();

const app = express();
app.get("/autoscalebot/heartbeat/", heartbeat({ db, cache, token: process.env.HEARTBEAT_TOKEN }));
app.listen(process.env.PORT ?? 3000);
