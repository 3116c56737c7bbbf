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
		"":                                     "email: the SMTP URL is empty; use smtp://user:password@smtp.example.com:587",
		"u:s3cr3t@mail.example.com":            "must begin with smtp:// or smtps://",
		"mail.example.com:587":                 "must begin with smtp:// or smtps://",
		"http://u:s3cr3t@mail.example.com":     "must begin with smtp:// or smtps://",
		"smtp:mail.example.com":                "has no host",
		"smtp://":                              "has no host",
		"smtp://u:s3cr3t@":                     "has no host",
		"smtp://u:s3cr3t@:587":                 "has no host",
		"smtp://u:s3c%r3t@mail.example.com":    "in the user and the password, write / ? # @ : % as %2F %3F %23 %40 %3A %25",
		"smtp://u:s3c/r3t@mail.example.com":    "invalid SMTP URL",
		"smtp://u:12/s3cr3t@mail.example.com":  "must end after the host and port",
		"smtp://u:12#s3cr3t@mail.example.com":  "must end after the host and port",
		"smtp://u:12?s3cr3t@mail.example.com":  "in the password, write ? as %3F",
		"smtp://mail.example.com:0":            "invalid port in the SMTP URL: must be 1–65535",
		"smtp://mail.example.com:65536":        "invalid port in the SMTP URL: must be 1–65535",
		"smtp://mail.example.com:s3cr3t":       "invalid SMTP URL",
		"smtp://u@mail.example.com":            "both a user and a password, or neither",
		"smtp://:s3cr3t@mail.example.com":      "both a user and a password, or neither",
		"smtp://localhost?starttls=s3cr3t":     "starttls in the SMTP URL must be mandatory, opportunistic or never",
		"smtp://localhost?starttls":            "starttls in the SMTP URL must be mandatory, opportunistic or never",
		"smtp://localhost?tls=s3cr3t":          "invalid parameter in the SMTP URL",
		"smtp://localhost?%zz":                 "invalid parameter in the SMTP URL",
		"smtps://localhost?starttls=mandatory": "an smtps URL cannot have starttls",
	} {
		_, err := parseURL(raw)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseURL(%s) = %v, want %q in it", raw, err, want)
		} else if strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "r3t") {
			t.Errorf("parseURL(%s): the error holds the password: %v", raw, err)
		}
	}
}

// No error shows a part of the URL, and any encoded user and password are read back unchanged.
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
