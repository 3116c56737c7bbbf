package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Links between documents lead to files and headings that exist.
func TestLinksOfDocuments(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`(?:\]\(|href="|src="|srcset=")([^)"\s]+)[)"]`)
	page := regexp.MustCompile(`docs/[a-z/-]+\.(?:md|yaml)`)
	found := 0
	for _, file := range textFiles(t) {
		switch filepath.Ext(file) {
		case ".go":
			for _, page := range page.FindAllString(read(t, file), -1) {
				if _, err := os.Stat(root + page); err != nil {
					t.Errorf("%s names %s, which does not exist", strings.TrimPrefix(file, root), page)
				}
			}
			continue
		case ".md":
		default:
			continue
		}
		for _, m := range link.FindAllStringSubmatch(withoutCode(read(t, file)), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, ":") { // elsewhere
				continue
			}
			found++
			path := file
			if target != "" {
				path = filepath.Join(filepath.Dir(file), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s links to %s, which does not exist", strings.TrimPrefix(file, root), m[1])
			} else if anchor != "" && filepath.Ext(path) == ".md" && !anchors(read(t, path))[anchor] {
				t.Errorf("%s links to %s, which has no such heading", strings.TrimPrefix(file, root), m[1])
			}
		}
	}
	if found < 200 {
		t.Errorf("%d links were found", found)
	}
}

// The headings of a document, as GitHub links them.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	dropped := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for line := range strings.Lines(withoutCode(text)) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			name := dropped.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			all[strings.ReplaceAll(name, " ", "-")] = true
		}
	}
	return all
}

func withoutCode(text string) string {
	return regexp.MustCompile("(?ms)^```.*?^```").ReplaceAllString(text, "")
}
