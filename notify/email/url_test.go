package email

import (
	"net/url"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for raw, want := range map[string]server{
		"smtp://mail.example.com":                              {host: "mail.example.com", port: 587, starttls: "mandatory"},
		"smtp://mail.example.com/":                             {host: "mail.example.com", port: 587, starttls: "mandatory"},
		"SMTP://mail.example.com:25?starttls=opportunistic":    {host: "mail.example.com", port: 25, starttls: "opportunistic"},
		"smtp://mail.example.com?starttls=never":               {host: "mail.example.com", port: 587, starttls: "never"},
		"smtp://localhost:1025":                                {host: "localhost", port: 1025, starttls: "opportunistic"},
		"smtp://127.0.0.1":                                     {host: "127.0.0.1", port: 587, starttls: "opportunistic"},
		"smtp://[::1]:25":                                      {host: "::1", port: 25, starttls: "opportunistic"},
		"smtp://localhost?starttls=mandatory":                  {host: "localhost", port: 587, starttls: "mandatory"},
		"smtps://mail.example.com":                             {host: "mail.example.com", port: 465, tls: true},
		"smtps://u:p@mail.example.com:8465":                    {host: "mail.example.com", port: 8465, tls: true, user: "u", pass: "p"},
		"smtp://bot%40example.com:p%2Fw%3F%23%25%3A@localhost": {host: "localhost", port: 587, starttls: "opportunistic", user: "bot@example.com", pass: "p/w?#%:"},
		"smtp://u:a:b@localhost":                               {host: "localhost", port: 587, starttls: "opportunistic", user: "u", pass: "a:b"},
	} {
		got, err := parseURL(raw)
		if err != nil || got != want {
			t.Errorf("parseURL(%s) = %+v, %v\nwant %+v", raw, got, err, want)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                     "email: the SMTP URL is empty; it should look like smtp://user:password@smtp.example.com:587",
		"u:s3cr3t@mail.example.com":            "begins neither with smtp:// nor with smtps://",
		"mail.example.com:587":                 "begins neither with smtp:// nor with smtps://",
		"http://u:s3cr3t@mail.example.com":     "begins neither with smtp:// nor with smtps://",
		"smtp:mail.example.com":                "names no host",
		"smtp://":                              "names no host",
		"smtp://u:s3cr3t@":                     "names no host",
		"smtp://u:s3cr3t@:587":                 "names no host",
		"smtp://u:s3c%r3t@mail.example.com":    "in the user and the password / ? # @ : and % are written %2F %3F %23 %40 %3A %25",
		"smtp://u:s3c/r3t@mail.example.com":    "cannot be read",
		"smtp://u:12/s3cr3t@mail.example.com":  "goes on after its host and port",
		"smtp://u:12#s3cr3t@mail.example.com":  "goes on after its host and port",
		"smtp://u:12?s3cr3t@mail.example.com":  "a ? in the password is written %3F",
		"smtp://mail.example.com:0":            "port is not between 1 and 65535",
		"smtp://mail.example.com:65536":        "port is not between 1 and 65535",
		"smtp://mail.example.com:s3cr3t":       "cannot be read",
		"smtp://u@mail.example.com":            "a user without a password, or the reverse",
		"smtp://:s3cr3t@mail.example.com":      "a user without a password, or the reverse",
		"smtp://localhost?starttls=s3cr3t":     "starttls is none of mandatory, opportunistic and never",
		"smtp://localhost?starttls":            "starttls is none of mandatory, opportunistic and never",
		"smtp://localhost?tls=s3cr3t":          "a parameter other than starttls",
		"smtp://localhost?%zz":                 "part after ? cannot be read",
		"smtps://localhost?starttls=mandatory": "starttls makes no sense in an smtps URL",
	} {
		_, err := parseURL(raw)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseURL(%s) = %v, want %q in it", raw, err, want)
		} else if strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "r3t") {
			t.Errorf("parseURL(%s): the error holds the password: %v", raw, err)
		}
	}
}

// FuzzParseURL holds that no error shows what stands in the URL, and that any user and password survive their encoding.
func FuzzParseURL(f *testing.F) {
	f.Add("smtp://u:", "@mail.example.com:587", "user", "p/w?#%:@")
	f.Add("smtps://", "", "ü", "\x00 \n")
	f.Add("", "?starttls=never", "a:b", "[::1]")
	f.Add("smtp://localhost:", "?starttls=", "%41", "%")
	f.Fuzz(func(t *testing.T, before, after, user, pass string) {
		const secret = "Zx9s3cr3tQ"
		s, err := parseURL(before + secret + after)
		switch {
		case err != nil:
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows the URL: %v", err)
			}
		case s.host == "" || s.port < 1 || s.port > 65535 || s.tls != (s.starttls == "") || (s.user == "") != (s.pass == ""):
			t.Errorf("parseURL(%q) = %+v", before+secret+after, s)
		}
		if user == "" || pass == "" {
			return
		}
		u := url.URL{Scheme: "smtp", Host: "mail.example.com", User: url.UserPassword(user, pass)}
		if s, err = parseURL(u.String()); err != nil || s.user != user || s.pass != pass {
			t.Errorf("parseURL(%s) = %+v, %v", u.String(), s, err)
		}
	})
}
