package format

// What leads from the names of format 1 to those of format 2.
var (
	OldRecord = oldRecord
	OldMemory = oldMemory
)

// A Renaming is one of these.
type Renaming = renaming

// Apply renames what v holds, which stands at a path.
func (n renaming) Apply(at string, v any) any { return n.apply(at, v) }

// Keys and Values are what is renamed.
func (n renaming) Keys() map[string]string              { return n.keys }
func (n renaming) Values() map[string]map[string]string { return n.values }
