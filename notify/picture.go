package notify

import (
	"context"
	"time"
)

// MaxPicture is the size of the largest picture that is told, in bytes. What the bot draws of an hour has a tenth of
// it.
const MaxPicture = 512 << 10

const maxPaint = 5 * time.Second

// A Painter makes the picture of an event. Its type is comparable, so that events are: a pointer is best.
type Painter interface {
	// Paint returns when ctx ends at the latest. It is called by every notifier that shows pictures, in the notifier's
	// goroutine and again with each attempt, so from several goroutines at once. Nobody is told of its error: the
	// notice goes without the picture.
	Paint(ctx context.Context) (Picture, error)
}

// A Picture shows people what an event is about.
type Picture struct {
	// PNG is the file, of [MaxPicture] bytes at the most.
	PNG []byte
	// Alt says in words what is to be seen.
	Alt string
	// Width and Height are how large it is shown, in CSS pixels; 0 for the size that the file has.
	Width, Height int
}

// AltLine is the picture's Alt on one line of bounded length.
func (p Picture) AltLine() string { return OneLine(p.Alt, maxReason) }

// Paint makes the picture of the newest event of b that has one, and returns that event's place in b. It is -1 when
// there is no picture to tell: no event has one, or it was not done within 5 s or half of the time that ctx leaves, or
// it failed, is empty or larger than [MaxPicture].
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
