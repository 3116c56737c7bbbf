package pool

import "strings"

// findSize finds a size by its name, in upper or lower case.
func findSize(sizes []Size, name string) (Size, bool) {
	for _, s := range sizes {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return Size{}, false
}

// sameSize says whether two sizes are the same, as far as is known.
func sameSize(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }

// sizeNames lists sizes for people.
func sizeNames(sizes []Size) string {
	names := make([]string, len(sizes))
	for i, s := range sizes {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}
