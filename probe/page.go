package probe

import (
	"net/url"
	"slices"
	"strings"
)

// Login pages and error pages are known by the words of their paths.
var (
	loginWords = []string{
		"login", "logon", "log in", "log on", "signin", "signon", "sign in", "sign on", "sso", "saml", "saml2", "auth", "oauth", "oauth2", "oidc",
		"openid", "authenticate", "authentication", "authorize", "session new", "sessions new", "anmelden", "anmeldung", "connexion",
	}
	errorWords = []string{
		"error", "errors", "maintenance", "unavailable", "offline", "sorry", "not found", "notfound", "404", "500", "502", "503",
	}
)

// isLogin says whether a URL's path is that of a login page.
func isLogin(u *url.URL) bool { return says(words(u.Path), loginWords) }

// isError says whether a URL's path is that of an error page.
func isError(u *url.URL) bool { return says(words(u.Path), errorWords) }

// words writes the words of a path with one space before, between and after them.
func words(path string) string {
	split := func(r rune) bool { return strings.ContainsRune("/-_. ", r) }
	return " " + strings.Join(strings.FieldsFunc(strings.ToLower(path), split), " ") + " "
}

func says(text string, any []string) bool {
	return slices.ContainsFunc(any, func(words string) bool { return strings.Contains(text, " "+words+" ") })
}

// leadsBack says whether a URL's query names another page that was asked for, as login pages keep in mind where to go afterwards.
func leadsBack(u, asked *url.URL) bool {
	if samePath(u, asked) {
		return false
	}
	query, _ := url.ParseQuery(u.RawQuery) // as much of it as can be read
	for _, values := range query {
		if slices.ContainsFunc(values, func(value string) bool { return names(value, asked) }) {
			return true
		}
	}
	return false
}

// names says whether a text is the URL of a page, or its path.
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

// samePath compares without regard to a slash at the end.
func samePath(a, b *url.URL) bool {
	return strings.TrimRight(a.Path, "/") == strings.TrimRight(b.Path, "/")
}
