package rapidtest_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
	"github.com/autoscalebot/autoscalebot/bot/rapidtest"
)

func TestTheValuesAreTheSameEachTime(t *testing.T) {
	draw := func() (drawn []uint64) {
		rapidtest.Check(t, func(t *rapid.T) { drawn = append(drawn, rapid.Uint64().Draw(t, "number")) })
		return drawn
	}
	if first, second := draw(), draw(); len(first) < 20 || !slices.Equal(first, second) {
		t.Errorf("drew %v, then %v", first, second)
	}
}

func TestAnotherSeedDrawsOthers(t *testing.T) {
	seed := flag.Lookup("rapid.seed").Value
	before := seed.String()
	defer seed.Set(before)
	draw := func(with string) (drawn []uint64) {
		if err := seed.Set(with); err != nil {
			t.Fatal(err)
		}
		rapidtest.Check(t, func(t *rapid.T) { drawn = append(drawn, rapid.Uint64().Draw(t, "number")) })
		return drawn
	}
	if slices.Equal(draw("1"), draw("2")) {
		t.Error("the seeds 1 and 2 draw the same")
	}
}

func TestNoTestIsUpToLuck(t *testing.T) {
	racetest.Computes(t)
	luck := regexp.MustCompile(`\brapid\.(Make)?Check\(|(^|[^.\w])rand\.(N|IntN|Int64N|Uint\w*|Float\w*|ExpFloat64|NormFloat64|Perm|Shuffle)\(`)
	files := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "rapidtest_test.go") {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		for number, line := range strings.Split(string(text), "\n") {
			if luck.MatchString(line) {
				t.Errorf("%s:%d draws other numbers each time: %s", path, number+1, line)
			}
		}
		return err
	})
	if err != nil || files < 100 {
		t.Errorf("%d files: %v", files, err)
	}
}
