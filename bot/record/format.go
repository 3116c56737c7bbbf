package record

import (
	"encoding/json"

	"github.com/autoscalebot/autoscalebot/bot/internal/format"
)

// MarshalJSON writes the record with its format, and with its explanation under "why".
func (r Record) MarshalJSON() ([]byte, error) {
	type plain Record
	return json.Marshal(struct {
		Format int `json:"format"`
		plain
		Why string `json:"why"`
	}{format.Current, plain(r), r.Why()})
}

// Unexplained returns the record for storage. Its JSON has no "why", since that follows from the other fields.
func (r Record) Unexplained() any {
	type plain Record
	return struct {
		Format int `json:"format"`
		plain
	}{format.Current, plain(r)}
}

// UnmarshalJSON reads a record of any known format.
func (r *Record) UnmarshalJSON(text []byte) error {
	type plain Record
	text, err := format.Record(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, (*plain)(r))
}
