package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/racetest"
)

// Embedded structs do not count.
const mostFields = 20

// A struct with more fields must embed named groups.
func TestStructsAreOfFewFieldsOrGrouped(t *testing.T) {
	racetest.Computes(t)
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
				fields += len(group.Names) // 0 for an embedded struct
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
