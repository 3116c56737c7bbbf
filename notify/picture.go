package notify

import (
	"context"
	"time"
)

// MaxPicture is the maximum size of a picture, in bytes. The bot's picture of an hour has a tenth of it.
const MaxPicture = 512 << 10

const maxPaint = 5 * time.Second

// A Painter makes the picture of an event. Its type must be comparable, such as a pointer, to keep events comparable.
type Painter interface {
	// Paint returns no later than ctx ends. Every notifier that shows pictures calls it for every attempt, so it is
	// called from several goroutines at once. After an error the notice is sent without a picture, and the error is
	// dropped.
	Paint(ctx context.Context) (Picture, error)
}

// A Picture shows people what an event is about.
type Picture struct {
	// PNG is the file, of at most [MaxPicture] bytes.
	PNG []byte
	// Alt describes the picture in words.
	Alt string
	// Width and Height are the displayed size in CSS pixels; 0 means the file's size.
	Width, Height int
}

// AltLine is Alt on one line of bounded length.
func (p Picture) AltLine() string { return OneLine(p.Alt, maxReason) }

// Paint makes the picture of the newest event of b that has one, and returns that event's index in b. The index is -1
// without a picture: no event has one, or it failed, is empty, is larger than [MaxPicture], or took longer than 5 s or
// half of the time left in ctx.
func (b Batch) Paint(ctx context.Context) (p Picture, of int) {
	for of = len(b) - 1; of >= 0 && b[of].Picture == nil; of-- {
	}
	if of < 0 {
		return Picture{}, -1
	}
	patience := maxPaint
	if end, ok := ctx.Deadline(); ok {
		patience = min(patience, time.Until(end)/2)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := b[of].Picture.Paint(ctx)
	if err != nil || ctx.Err() != nil || len(p.PNG) == 0 || len(p.PNG) > MaxPicture {
		return Picture{}, -1
	}
	return p, of
}
