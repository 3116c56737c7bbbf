// Package history keeps what the bot did: every heartbeat's record, every event, and what the bot goes on from.
//
// A [DB] keeps it in one of three places: in memory, in an SQLite file, or in PostgreSQL. They have one schema and one
// SQL text, and several bots may share one place. What is kept: records and how they sum up by the minute and by the
// hour, events, the bot's memory, who runs the bot, and what people ask of it from elsewhere.
//
// Records and events are written by a goroutine of the DB's own, about every second, so that no heartbeat waits for a
// disk or a server. A bot that is killed loses at most what came since the second before; one that is stopped loses
// nothing. The bot's memory is written at once.
package history
