// Package history keeps what the bot did: every heartbeat's record, every event, and what the bot goes on from.
package history
