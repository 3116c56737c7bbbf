package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

const root = "../../../../"

// These files contain the names of format 1.
var oldNames = []string{"bot/baseline/baseline.go", "bot/internal/format/format.go"}

// A phrase is one that CONTRIBUTING.md lists as not to be written.
type phrase struct {
	not    *regexp.Regexp
	except *regexp.Regexp // nil where there is no exception
	write  string
}

func TestForbiddenPhrases(t *testing.T) {
	racetest.Computes(t)
	t.Parallel()
	phrases := forbiddenPhrases(t)
	for _, file := range textFiles(t) {
		if slices.Contains(oldNames, strings.TrimPrefix(file, root)) {
			continue
		}
		for at, text := range textsOf(t, file) {
			for _, p := range phrases {
				if p.except != nil {
					text = p.except.ReplaceAllString(text, "")
				}
				if found := p.not.FindString(text); found != "" {
					t.Errorf("%s:%d: %q: write %s", strings.TrimPrefix(file, root), at, found, p.write)
				}
			}
		}
	}
}

// The comment of an unexported function gives a reason; what the function does, its name and its signature say.
func TestCommentsDoNotRestateSignatures(t *testing.T) {
	racetest.Computes(t)
	t.Parallel()
	for _, file := range textFiles(t) {
		if !strings.HasSuffix(file, ".go") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Doc == nil || f.Name.IsExported() {
				continue
			}
			if strings.HasPrefix(f.Doc.Text(), f.Name.Name+" ") {
				t.Errorf("%s: the comment of %s restates its name: give the reason, or delete it", set.Position(f.Pos()), f.Name.Name)
			}
		}
	}
}

func forbiddenPhrases(t *testing.T) []phrase {
	t.Helper()
	text, err := os.ReadFile(root + "CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "| instead of | write | except in |\n|---|---|---|\n")
	section, _, _ = strings.Cut(section, "\n\n")
	quoted := regexp.MustCompile("`([^`]+)`")
	pattern := func(cell string) *regexp.Regexp {
		var any []string
		for _, m := range quoted.FindAllStringSubmatch(cell, -1) {
			any = append(any, strings.ReplaceAll(m[1], "\\|", "|"))
		}
		if any == nil {
			return nil
		}
		return regexp.MustCompile(`(?i)\b(?:` + strings.Join(any, "|") + `)\b`)
	}
	var phrases []phrase
	for row := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), " | ")
		if len(cells) != 3 {
			t.Fatalf("a row of CONTRIBUTING.md's table of phrases has %d cells, want 3: %s", len(cells), row)
		}
		phrases = append(phrases, phrase{pattern(cells[0]), pattern(cells[2]), strings.TrimSpace(cells[1])})
	}
	if len(phrases) < 20 {
		t.Fatalf("CONTRIBUTING.md's table has %d phrases", len(phrases))
	}
	return phrases
}

// The files of the project that people read.
func textFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, root)
		switch {
		case d.IsDir():
			if d.Name() == "testdata" || d.Name() == ".git" {
				return fs.SkipDir
			}
		case slices.Contains([]string{".go", ".md", ".yaml", ".yml", ".env", ".sh"}, filepath.Ext(name)):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 300 {
		t.Fatalf("%d files with text were found", len(files))
	}
	return files
}

// The text by line: of a Go file its comments, and its strings unless it is a test.
func textsOf(t *testing.T, file string) map[int]string {
	t.Helper()
	texts := map[int]string{}
	if !strings.HasSuffix(file, ".go") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		listed, quoted := false, regexp.MustCompile("`[^`]*`") // the phrases themselves; names in code
		for i, line := range strings.Split(string(text), "\n") {
			listed = line == "| instead of | write | except in |" || listed && line != ""
			if !listed {
				texts[i+1] = quoted.ReplaceAllString(line, "")
			}
		}
		return texts
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range parsed.Comments {
		texts[set.Position(group.Pos()).Line] = strings.ReplaceAll(group.Text(), "\n", " ")
	}
	if strings.HasSuffix(file, "_test.go") {
		return texts
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if s, ok := n.(*ast.BasicLit); ok && s.Kind == token.STRING {
			value, err := strconv.Unquote(s.Value)
			if err != nil {
				t.Fatal(err)
			}
			texts[set.Position(s.Pos()).Line] += "\n" + strings.ReplaceAll(value, "\n", " ")
		}
		return true
	})
	return texts
}
