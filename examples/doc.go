// Package examples holds no code of its own: its tests run what stands in the folders below it, so that an example
// which stops working fails the build. See README.md for what there is.
package examples
