package json

// Read takes the value and its unit from an answer's body.
func (p *Prober) Read(body []byte) (float64, string, error) { return p.read(body) }
