package email

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/autoscalebot/autoscalebot/notify"
)

// The library's error may contain the password in a form that the server sent.
func (n *Notifier) explain(ctx context.Context, err error) error {
	at := "email: " + n.server.address()
	cert, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	_, noTLS := errors.AsType[tls.RecordHeaderError](err)
	refusal, refused := errors.AsType[*mail.SendError](err)
	reply, replied := errors.AsType[*textproto.Error](err)
	text := err.Error()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: timed out: %w", at, ctx.Err())
	case untrusted:
		return notify.Permanent(fmt.Errorf("%s: its certificate is not trusted: %w%s", at, cert.Err,
			n.certificateHint()))
	case noTLS:
		return notify.Permanent(fmt.Errorf("%s: does not speak TLS; use smtps:// with port 465, or smtp:// with port "+
			"587", at))
	case strings.Contains(text, "does not support STARTTLS"):
		return notify.Permanent(fmt.Errorf("%s: does not offer STARTTLS, so the mail and the password would be sent "+
			"unencrypted; use smtp:// with port 587, or smtps:// with port 465", at))
	case errors.Is(err, smtp.ErrUnencrypted):
		return notify.Permanent(fmt.Errorf("%s: asks for the password over an unencrypted connection; remove "+
			"?starttls= from the SMTP URL, or use smtps://", at))
	case errors.Is(err, mail.ErrNoSupportedAuthDiscovered), strings.Contains(text, "server does not support SMTP AUTH"):
		return notify.Permanent(fmt.Errorf("%s: offers no login; remove the user and the password from the SMTP URL, "+
			"or check the port", at))
	case strings.Contains(text, "SMTP AUTH failed") && replied:
		// The server's text may repeat the password, so the error contains only its code.
		return permanentIf(reply.Code >= 500,
			fmt.Errorf("%s: refused the user or the password (%s); check both, and percent-encode / ? # @ : and %% "+
				"in the SMTP URL", at, code(reply)))
	case refused && refusal.ErrorCode() != 0:
		said, _, _ := strings.Cut(strings.TrimPrefix(refusal.Error(), refusal.Reason.String()+": "),
			", affected message ID")
		return permanentIf(refusal.ErrorCode() >= 500,
			fmt.Errorf("%s: refused the %s: %s", at, part(refusal.Reason), n.quote(refusal.ErrorCode(), said)))
	case replied:
		return permanentIf(reply.Code >= 500,
			fmt.Errorf("%s: refused the connection: %s", at,
				n.quote(reply.Code, fmt.Sprint(reply.Code, " ", reply.Msg))))
	case refused:
		return fmt.Errorf("%s: the connection broke while sending the mail", at)
	case errors.Is(err, errTalksTooMuch):
		return fmt.Errorf("%s: %w", at, errTalksTooMuch)
	}
	return fmt.Errorf("%s: no response: %w", at, notify.TransportError(err))
}

func part(r mail.SendErrReason) string {
	switch r {
	case mail.ErrSMTPMailFrom:
		return "sender"
	case mail.ErrSMTPRcptTo:
		return "recipient"
	}
	return "mail"
}

func permanentIf(permanent bool, err error) error {
	if permanent {
		return notify.Permanent(err)
	}
	return err
}

func (n *Notifier) certificateHint() string {
	if n.server.loopback() && !n.server.tls {
		return "; this machine needs no encryption: add ?starttls=never to the SMTP URL"
	}
	return ""
}

// The enhanced code of RFC 3463 is optional: "535 5.7.8".
func code(r *textproto.Error) string {
	enhanced := regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`).FindString(r.Msg)
	return strings.TrimSpace(fmt.Sprint(r.Code, " ", enhanced))
}

// If the text contains the user or the password, only the code remains.
func (n *Notifier) quote(code int, said string) string {
	for _, s := range n.secrets() {
		if strings.Contains(strings.ToLower(said), strings.ToLower(s)) {
			return fmt.Sprint(code, " (the rest is not shown because it contains the user or the password)")
		}
	}
	return notify.OneLine(said, 300)
}

// They are in all forms in which the server gets them. A user who is also a sender or recipient is not secret.
func (n *Notifier) secrets() []string {
	var all []string
	user, pass := n.server.user, n.server.pass
	if pass == "" {
		return nil
	}
	plain := []string{pass, user + "\x00" + pass}
	if !strings.Contains(strings.Join(append(n.to, n.from), " "), user) {
		plain = append(plain, user)
	}
	for _, s := range plain {
		// The library quotes some replies as Go does.
		quoted := strconv.Quote(s)
		all = append(all, s, quoted[1:len(quoted)-1], url.QueryEscape(s), url.PathEscape(s),
			hex.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte(s)))
	}
	return append(all, base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+pass)))
}
