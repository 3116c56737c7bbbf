package prometheus

// Read takes the value from the body of a 2xx answer.
func (p *Prober) Read(body []byte) (float64, error) { return p.read(body) }
