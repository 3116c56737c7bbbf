package settings

import (
	"net/mail"
	"strings"
)

// Email are the settings of notices by mail.
type Email struct {
	SMTPURL   Secret `envconfig:"SMTP_URL" once:"true" desc:"E-mail: ''smtp://user:password@host:587'' (STARTTLS) or ''smtps://user:password@host:465''."`
	EmailFrom Text   `envconfig:"EMAIL_FROM" once:"true" desc:"E-mail: the sender."`
	EmailTo   Emails `envconfig:"EMAIL_TO" once:"true" desc:"E-mail: the recipients, as a list: ''ops@example.com, \"Smith, Ann\" <ann@example.com>''."`
}

// Emails is a list of mail addresses, whose names may hold commas in quotes.
type Emails []string

// Decode reads a list of mail addresses, which are checked with the other settings about mail.
func (a *Emails) Decode(s string) error {
	*a = splitAddresses(s)
	return nil
}

// splitAddresses splits a text at the commas that stand neither in quotes nor in a comment (RFC 5322).
func splitAddresses(s string) []string {
	var out []string
	quoted, comments, from := false, 0, 0
	for i := 0; i <= len(s); i++ {
		switch {
		case i == len(s), s[i] == ',' && !quoted && comments == 0:
			if part := strings.TrimSpace(s[from:i]); part != "" {
				out = append(out, part)
			}
			from = i + 1
		case s[i] == '\\' && (quoted || comments > 0):
			i = min(i+1, len(s)-1)
		case s[i] == '"' && comments == 0:
			quoted = !quoted
		case s[i] == '(' && !quoted:
			comments++
		case s[i] == ')' && !quoted && comments > 0:
			comments--
		}
	}
	return out
}

func (ps *Problems) checkEmail(s *Settings) {
	ps.need("SMTP_URL", s.SMTPURL.Reveal(),
		"the backend email needs it, such as smtps://user:password@smtp.example.com")
	ps.need("EMAIL_FROM", string(s.EmailFrom), "the backend email needs a sender")
	ps.need("EMAIL_TO", strings.Join(s.EmailTo, ","), "the backend email needs recipients")
}

func (ps *Problems) checkAddresses(s *Settings) {
	if from := string(s.EmailFrom); from != "" {
		if _, err := mail.ParseAddress(from); err != nil {
			ps.add("EMAIL_FROM", "%q is no e-mail address", from)
		}
	}
	for _, to := range s.EmailTo {
		_, err := mail.ParseAddress(to)
		switch {
		case err == nil:
		case strings.ContainsAny(to, "[]"):
			ps.add("EMAIL_TO", "%q is no e-mail address; write the addresses without brackets and quotes around "+
				"them: ops@example.com, dev@example.com", to)
		case strings.Count(to, "@") > 1 || strings.ContainsAny(to, ";:\n"):
			ps.add("EMAIL_TO", "%q is no e-mail address; write a comma between addresses, and no group: "+
				"ops@example.com, dev@example.com", to)
		case !strings.Contains(to, "@") && len(s.EmailTo) > 1:
			ps.add("EMAIL_TO", "%q is no e-mail address; a name with a comma stands in quotes: \"Smith, Ann\" "+
				"<ann@example.com>", to)
		default:
			ps.add("EMAIL_TO", "%q is no e-mail address", to)
		}
	}
}
