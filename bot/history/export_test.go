package history

import (
	"context"
	"io/fs"
)

// The number of response times of each sketch.
func SketchQuantile(times []float64, each int, q float64) (float64, error) {
	var all sketch
	for len(times) > 0 {
		n := min(each, len(times))
		var s sketch
		for _, ms := range times[:n] {
			s.add(ms)
		}
		if err := all.merge(s.encode()); err != nil {
			return 0, err
		}
		times = times[n:]
	}
	return all.quantile(q), nil
}

func SketchRead(encoded []byte) ([]byte, error) {
	var s sketch
	if err := s.merge(encoded); err != nil {
		return nil, err
	}
	return s.encode(), nil
}

func Unpack(body []byte, v any) error { return new(unpacker).unpack(body, v) }

func Migrate(ctx context.Context, url string, files fs.FS) error {
	p, err := open(ctx, url)
	if err != nil {
		return err
	}
	defer p.close()
	return p.migrateTo(ctx, files)
}
