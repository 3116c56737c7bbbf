package logcache

// Envelope is one thing that was told, as far as it is read.
type Envelope = envelope

// Decode reads the envelopes of an answer.
func Decode(body []byte) ([]Envelope, error) { return decode(body) }
