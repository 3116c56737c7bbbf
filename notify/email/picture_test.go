package email_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/notify"
	"github.com/autoscalebot/autoscalebot/notify/notifytest"
)

func pictured(id string) notify.Event {
	e := notifytest.Joining(notify.Scaled)
	e.ID, e.Picture = id, &notifytest.Painter{}
	return e
}

func TestAMailWithAPictureReadsWell(t *testing.T) {
	got := arrives(t, pictured("evt_2zQ8"))
	reads(t, got, "testdata/picture")
	image := got.parts(t)["image/png"]
	for name, want := range map[string]string{"Content-Id": "<picture.evt_2zQ8@autoscalebot>", "Content-Disposition": `inline; filename="picture.png"`} {
		if h := image.header.Get(name); h != want {
			t.Errorf("%s: %q, want %q", name, h, want)
		}
	}
}

func TestOfSeveralEventsThePictureStandsBelowItsOwn(t *testing.T) {
	plain := notifytest.Joining(notify.NeedsExceedMax)
	_, html := arrives(t, pictured("e1"), pictured("e2"), plain).bodies(t)
	notices := strings.Split(html, "<hr>")
	if len(notices) != 3 || strings.Count(html, "<img") != 1 || !strings.Contains(notices[1], `src="cid:picture.e2@autoscalebot"`) {
		t.Errorf("the mail is\n%s", html)
	}
}

func TestTheTextIsTheSameWithAPicture(t *testing.T) {
	with := pictured("e1")
	without := with
	without.Picture = nil
	a, _ := arrives(t, with).bodies(t)
	b, _ := arrives(t, without).bodies(t)
	if a != b {
		t.Errorf("with a picture the text is\n%s\nand without\n%s", a, b)
	}
}

func TestTheHTMLShowsThePartThatThereIs(t *testing.T) {
	cid := regexp.MustCompile(`src="cid:([^"]*)"`)
	for _, id := range []string{"evt_2zQ8", "", "a b\r\nX: y <é>", `"><script>`, strings.Repeat("x", 1000)} {
		parts := arrives(t, pictured(id)).parts(t)
		shown := cid.FindStringSubmatch(parts["text/html"].body)
		if shown == nil || parts["image/png"].header.Get("Content-Id") != "<"+shown[1]+">" {
			t.Errorf("%q: the picture is %s, and what is shown %q", id, parts["image/png"].header.Get("Content-Id"), shown)
		}
	}
}

func TestThePictureHasTheSizeThatItSays(t *testing.T) {
	for _, c := range []struct {
		width, height int
		want          string
	}{{600, 200, ` width="600" height="200" `}, {0, 0, ""}, {-1, 200, ""}, {600, 0, ""}} {
		e := pictured("e1")
		p := notifytest.Picture()
		p.Width, p.Height = c.width, c.height
		e.Picture = &notifytest.Painter{Paints: func(context.Context) (notify.Picture, error) { return p, nil }}
		_, html := arrives(t, e).bodies(t)
		if got := strings.Contains(html, " width="); got != (c.want != "") || !strings.Contains(html, c.want) {
			t.Errorf("%s: the mail is\n%s", fmt.Sprint(c.width, "x", c.height), html)
		}
	}
}
