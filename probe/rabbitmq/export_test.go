package rabbitmq

// Read takes the number of messages from an answer's body.
func (p *Prober) Read(body []byte) (float64, error) { return p.read("jobs", body) }
