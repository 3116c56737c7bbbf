package prometheus

func (p *Prober) Read(body []byte) (float64, error) { return p.read(body) }
