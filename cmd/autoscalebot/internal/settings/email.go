package settings

import (
	"net/mail"
	"strings"
)

// Email configures notices by e-mail.
type Email struct {
	SMTPURL   Secret `envconfig:"SMTP_URL" once:"true" desc:"E-mail: ''smtp://user:password@host:587'' (STARTTLS) or ''smtps://user:password@host:465''."`
	EmailFrom Text   `envconfig:"EMAIL_FROM" once:"true" desc:"E-mail: the sender."`
	EmailTo   Emails `envconfig:"EMAIL_TO" once:"true" desc:"E-mail: the recipients, as a list: ''ops@example.com, \"Smith, Ann\" <ann@example.com>''."`
}

// Emails is a list of e-mail addresses. A quoted name may contain commas.
type Emails []string

// Decode splits a list of e-mail addresses. It never fails: LoadAll checks the addresses.
func (a *Emails) Decode(s string) error {
	*a = splitAddresses(s)
	return nil
}

// Commas in quotes and in comments do not separate addresses (RFC 5322).
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
		"NOTIFICATION_BACKENDS=email needs it, such as smtps://user:password@smtp.example.com")
	ps.need("EMAIL_FROM", string(s.EmailFrom), "NOTIFICATION_BACKENDS=email needs a sender")
	ps.need("EMAIL_TO", strings.Join(s.EmailTo, ","), "NOTIFICATION_BACKENDS=email needs recipients")
}

func (ps *Problems) checkAddresses(s *Settings) {
	if from := string(s.EmailFrom); from != "" {
		if _, err := mail.ParseAddress(from); err != nil {
			ps.add("EMAIL_FROM", "%q is not an e-mail address", from)
		}
	}
	for _, to := range s.EmailTo {
		_, err := mail.ParseAddress(to)
		switch {
		case err == nil:
		case strings.ContainsAny(to, "[]"):
			ps.add("EMAIL_TO", "%q is not an e-mail address. Write addresses without brackets and quotes: "+
				"ops@example.com, dev@example.com", to)
		case strings.Count(to, "@") > 1 || strings.ContainsAny(to, ";:\n"):
			ps.add("EMAIL_TO", "%q is not an e-mail address. Separate addresses by commas, and use no groups: "+
				"ops@example.com, dev@example.com", to)
		case !strings.Contains(to, "@") && len(s.EmailTo) > 1:
			ps.add("EMAIL_TO", "%q is not an e-mail address. Quote a name with a comma: \"Smith, Ann\" "+
				"<ann@example.com>", to)
		default:
			ps.add("EMAIL_TO", "%q is not an e-mail address", to)
		}
	}
}
