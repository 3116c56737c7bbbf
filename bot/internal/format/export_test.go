package format

// The renamings from format 1 to format 2.
var (
	OldRecord = oldRecord
	OldMemory = oldMemory
)

// A Renaming is a renaming of names.
type Renaming = renaming

// Apply renames what v holds at a path.
func (n renaming) Apply(at string, v any) any { return n.apply(at, v) }

// Keys and Values are what is renamed.
func (n renaming) Keys() map[string]string              { return n.keys }
func (n renaming) Values() map[string]map[string]string { return n.values }
