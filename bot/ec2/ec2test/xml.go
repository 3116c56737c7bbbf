package ec2test

import (
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type node struct {
	name, text string
	kids       []node
}

func el(name string, kids ...node) node { return node{name: name, kids: kids} }
func tx(name, text string) node         { return node{name: name, text: text} }
func num(name string, n int) node       { return tx(name, strconv.Itoa(n)) }
func at(name string, t time.Time) node {
	return tx(name, t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func list[T any](name, item string, of []T, show func(T) []node) node {
	n := el(name)
	for _, x := range of {
		n.kids = append(n.kids, el(item, show(x)...))
	}
	return n
}

func tagsOf(p url.Values) map[string]string {
	tags := map[string]string{}
	for n := 1; p.Has("TagSpecification.1.Tag." + strconv.Itoa(n) + ".Key"); n++ {
		prefix := "TagSpecification.1.Tag." + strconv.Itoa(n)
		tags[p.Get(prefix+".Key")] = p.Get(prefix + ".Value")
	}
	return tags
}

func tagSet(tags map[string]string) node {
	return list("tagSet", "item", slices.Sorted(maps.Keys(tags)),
		func(k string) []node { return []node{tx("key", k), tx("value", tags[k])} })
}

func texts(name string, of []string) node {
	n := el(name)
	for _, x := range of {
		n.kids = append(n.kids, tx("member", x))
	}
	return n
}

func (n node) write(b *strings.Builder, attributes string) {
	b.WriteString("<" + n.name + attributes + ">")
	_ = xml.EscapeText(b, []byte(n.text))
	for _, k := range n.kids {
		k.write(b, "")
	}
	b.WriteString("</" + n.name + ">")
}

func answer(w http.ResponseWriter, status int, n node, namespace string) {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	attributes := ""
	if namespace != "" {
		attributes = ` xmlns="` + namespace + `"`
	}
	n.write(&b, attributes)
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(b.String()))
}

// PREFIX.1, PREFIX.2, …
func values(p url.Values, prefix string) (list []string) {
	for n := 1; p.Has(prefix + "." + strconv.Itoa(n)); n++ {
		list = append(list, p.Get(prefix+"."+strconv.Itoa(n)))
	}
	return list
}

func filters(p url.Values) map[string][]string {
	out := map[string][]string{}
	for n := 1; p.Has("Filter." + strconv.Itoa(n) + ".Name"); n++ {
		prefix := "Filter." + strconv.Itoa(n)
		out[p.Get(prefix+".Name")] = values(p, prefix+".Value")
	}
	return out
}

// In wants, * matches any characters and ? one.
func fit(wants []string, value string) bool {
	return slices.ContainsFunc(wants, func(want string) bool {
		pattern := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(want))
		is, err := regexp.MatchString("^(?s:"+pattern+")$", value)
		return err == nil && is
	})
}

// One page of the list, with the token of the next.
func paged[T any](s *Server, p url.Values, name string, all []T, show func(T) []node) ([]node, *failure) {
	size := 1000
	if n, err := strconv.Atoi(p.Get("MaxResults")); err == nil {
		size = n
	}
	if s.PageSize > 0 {
		size = min(size, s.PageSize)
	}
	from := 0
	if token := p.Get("NextToken"); token != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(token, "page-"))
		if err != nil || n > len(all) {
			return nil, refuse("InvalidNextToken", "The token '%s' is invalid", token)
		}
		from = n
	}
	to := min(from+size, len(all))
	nodes := []node{list(name, "item", all[from:to], show)}
	if to < len(all) {
		nodes = append(nodes, tx("nextToken", "page-"+strconv.Itoa(to)))
	}
	return nodes, nil
}
