package probe

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Words of a URL that mark a login page or an error page.
var (
	loginWords = []string{
		"log in", "log on", "logon", "sign in", "sign on", "signon", "sso", "saml", "saml2", "auth", "auth0",
		"oauth", "oauth2", "oidc",
		"openid", "open id", "adfs", "authenticate", "authentication", "authorize", "session new", "sessions new",
		"password", "mfa", "2fa", "two factor",
		"anmelden", "anmeldung", "connexion", "inloggen", "iniciar sesion", "entrar",
	}
	loginStems = []string{"login", "signin"} // at the beginning or the end of words
	errorWords = []string{
		"error", "errors", "maintenance", "unavailable", "offline", "sorry", "not found", "notfound", "denied",
		"forbidden", "unauthorized",
		"under construction", "coming soon", "suspended", "blocked", "captcha", "wartung", "wartungsarbeiten",
		"401", "403", "404", "429", "500", "502", "503", "504",
	}
)

// The word may also be in the query or the fragment, as in /index.php?action=login or /#/login.
func isLogin(u *url.URL) bool {
	query, _ := url.ParseQuery(u.RawQuery) // as far as it can be parsed
	for _, values := range query {
		if slices.ContainsFunc(values, saysLogin) {
			return true
		}
	}
	return saysLogin(u.Path) || saysLogin(u.Fragment)
}

func saysLogin(text string) bool {
	all := words(text)
	return says(all, loginWords) || slices.ContainsFunc(loginStems, func(stem string) bool {
		return strings.Contains(all, " "+stem) || strings.Contains(all, stem+" ")
	})
}

func isError(u *url.URL) bool { return says(words(u.Path), errorWords) }

// The words are in lower case, with a space before, between and after them. A capital after a small letter begins a
// word.
func words(text string) string {
	out := []rune{' '}
	small := false // the rune before
	for _, c := range text {
		part := unicode.IsLetter(c) || unicode.IsDigit(c)
		if (!part || small && unicode.IsUpper(c)) && out[len(out)-1] != ' ' {
			out = append(out, ' ')
		}
		if part {
			out = append(out, unicode.ToLower(c))
		}
		small = unicode.IsLower(c)
	}
	return strings.TrimRight(string(out), " ") + " "
}

func says(text string, any []string) bool {
	return slices.ContainsFunc(any, func(words string) bool { return strings.Contains(text, " "+words+" ") })
}

// Login pages keep the page to return to in their query.
func leadsBack(u, asked *url.URL) bool {
	if samePath(u, asked) {
		return false
	}
	query, _ := url.ParseQuery(u.RawQuery) // as far as it can be parsed
	for _, values := range query {
		if slices.ContainsFunc(values, func(value string) bool { return names(value, asked) }) {
			return true
		}
	}
	return false
}

func names(text string, page *url.URL) bool {
	u, err := url.Parse(text)
	switch {
	case err != nil || !strings.HasPrefix(text, "/") && u.Host == "":
		return false
	case u.Host != "" && !sameHost(u, page):
		return false
	}
	return samePath(u, page)
}

// A trailing slash makes no difference.
func samePath(a, b *url.URL) bool {
	return strings.TrimRight(a.Path, "/") == strings.TrimRight(b.Path, "/")
}
