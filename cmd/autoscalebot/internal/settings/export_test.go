package settings

import "strings"

// Reloads returns the names in the table of reload.go.
func Reloads() (names []string) {
	for _, row := range reloads() {
		names = append(names, strings.Fields(row.names)...)
	}
	return names
}
