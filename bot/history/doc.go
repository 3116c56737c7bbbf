// Package history stores what the bot did: every heartbeat's record, every event, and the bot's memory.
//
// A [DB] stores it in one of three places: in memory, in an SQLite file, or in PostgreSQL. All have the same schema and
// SQL, and several bots may share a place. It contains records, points that sum them up by the minute and by the hour,
// events, the bot's memory, the programs that run the bot, and requests from other programs.
//
// A goroutine writes records and events about every second, so that no heartbeat waits for a disk or a server. A bot
// that is killed loses at most the last second; one that is stopped loses nothing. The bot's memory is written at once.
package history
