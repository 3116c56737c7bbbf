package guard_test

import (
	"net/http/httptest"
	"testing"

	"github.com/autoscalebot/autoscalebot/probe/internal/guard"
)

func TestKnows(t *testing.T) {
	const old, now = "0123456789abcdef", "fedcba9876543210"
	g, err := guard.New([]string{old, now})
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]bool{
		"Bearer " + old: true, "bearer " + now: true, "Basic Ym90OjAxMjM0NTY3ODlhYmNkZWY=": true,
		"": false, "Bearer": false, "Bearer " + old + now: false, "Bearer 0123456789abcde": false, old: false, "Basic " + old: false,
		"Token " + old: false, "Basic MDEyMzQ1Njc4OWFiY2RlZjpib3Q=": false,
	} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header.Set("Authorization", header)
		if got := g.Knows(r); got != want {
			t.Errorf("%q: got %v", header, got)
		}
	}
	if (guard.Guard{}).Knows(httptest.NewRequest("POST", "/", nil)) {
		t.Error("without a token anybody gets in")
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		tokens []string
		want   string
	}{
		{nil, "there is no token, so anybody could post: `openssl rand -hex 16` generates one"},
		{
			[]string{"s3cr3t", "s3cr3t s3cr3t s3cr3t"},
			"token 1 has 6 bytes: must have at least 16, `openssl rand -hex 16` generates one\n" +
				"token 2 has a space or a character that is not ASCII, which headers cannot carry",
		},
	} {
		if _, err := guard.New(c.tokens); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if _, err := guard.New(make([]string, 9)); err == nil {
		t.Error("nine tokens are too many")
	}
}
