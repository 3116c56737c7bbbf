package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MaxRows is the maximum number of rows in a series.
const MaxRows = 10000

const maxErrors = 20

// Parse reads a number or a table in the grammar of the package. The error lists everything that is wrong with the
// text, one mistake a line, each with its row. It does not repeat a text that is not a table.
func Parse(text string) (Series, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Series{}, errors.New("empty; write a number such as 3, or a schedule such as 0:00=2, 9:00=5, 17:00=2")
	}
	if !strings.ContainsAny(text, "=:{(") {
		n, ok := digits(text)
		if !ok || n > maxNumber {
			return Series{}, fmt.Errorf("must be a whole number from 0 to %d, or a schedule such as "+
				"0:00=2, 9:00=5, 17:00=2", maxNumber)
		}
		return Fixed(n), nil
	}
	sources, err := split(text)
	if err != nil {
		return Series{}, err
	}
	var b builder
	for _, source := range sources {
		b.add(source)
	}
	return b.series()
}

type builder struct {
	rows    []row
	sources []string // sources[i] is the text of rows[i]
	errs    []error
	wrong   int // number of mistakes; errs has the first ones
}

func (b *builder) add(s source) {
	fail := func(err error) {
		if b.wrong++; b.wrong <= maxErrors {
			b.errs = append(b.errs, fmt.Errorf("row %s: %w", quote(s.text), err))
		}
	}
	if s.err != nil {
		fail(s.err)
		return
	}
	rows, errs := parseWhen(s.when)
	for _, r := range rows {
		if len(errs) == 0 && !r.ever() {
			errs = append(errs, fmt.Errorf("%s never begins: no day matches", cut(r.when)))
		}
	}
	n, err := parseNumber(s.number)
	if err != nil {
		errs = append(errs, err)
	}
	for _, err := range errs {
		fail(err)
	}
	if len(errs) > 0 {
		return
	}
	for _, r := range rows {
		r.n = n
		if i := slices.IndexFunc(b.rows, r.contradicts); i >= 0 {
			if b.rows[i].when == r.when {
				fail(fmt.Errorf("%s is already set by row %s; keep one of them", cut(r.when), quote(b.sources[i])))
			} else {
				fail(fmt.Errorf("it begins in the same minute as row %s on some days, with another number; move "+
					"one of them", quote(b.sources[i])))
			}
			continue
		}
		b.rows = append(b.rows, r)
		b.sources = append(b.sources, s.text)
	}
}

// Rows contradict each other if they leave open which of them applies, or are the same row twice.
func (r row) contradicts(o row) bool { return r.when == o.when || r.n != o.n && r.overlaps(o) }

func (b *builder) series() (Series, error) {
	if len(b.rows) > 0 && len(b.errs) == 0 && !slices.ContainsFunc(b.rows, func(r row) bool { return !r.dated() }) {
		b.errs = append(b.errs, errors.New("only dates; add a row for all other days, such as 0:00=2"))
	}
	if more := b.wrong - maxErrors; more > 0 {
		b.errs = append(b.errs, fmt.Errorf("and %d more mistakes", more))
	}
	if err := errors.Join(b.errs...); err != nil {
		return Series{}, err
	}
	if n := b.rows[0].n; !slices.ContainsFunc(b.rows, func(r row) bool { return r.n != n }) {
		return Fixed(n), nil
	}
	slices.SortFunc(b.rows, row.compare)
	for i := range b.rows {
		b.rows[i].text = b.rows[i].String()
	}
	return Series{rows: b.rows}, nil
}

func parseNumber(text string) (int, error) {
	n, ok := digits(text)
	if !ok || n > maxNumber {
		return 0, fmt.Errorf("%s is not a number of dynos; write a whole number from 0 to %d", quote(text), maxNumber)
	}
	return n, nil
}

func quote(text string) string { return fmt.Sprintf("%#q", cut(text)) }

func cut(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}
