// Package examples has no code of its own. Its tests run the examples in the folders below, so an example that stops
// working fails the build. README.md lists them.
package examples
