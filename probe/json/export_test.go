package json

func (p *Prober) Read(body []byte) (float64, string, error) { return p.read(body) }
