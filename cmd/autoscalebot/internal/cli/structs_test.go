package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// mostFields is how many fields a struct may have beside those that it embeds.
const mostFields = 20

// A struct of many fields is made of groups that are named for what they hold.
func TestStructsAreOfFewFieldsOrGrouped(t *testing.T) {
	t.Parallel()
	const root = "../../../.."
	structs := 0
	err := filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") {
			return err
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.StructType)
			if !ok {
				return true
			}
			structs++
			fields := 0
			for _, group := range s.Fields.List {
				fields += len(group.Names) // none for one that is embedded
			}
			if fields > mostFields {
				t.Errorf("%v: a struct of %d fields: embed groups of those that belong together", files.Position(s.Pos()), fields)
			}
			return true
		})
		return nil
	})
	if err != nil || structs < 500 {
		t.Errorf("read %d structs: %v", structs, err)
	}
}
