// Package chart draws series over time, and scatter plots, as SVG and as PNG.
//
// A [Chart] stacks panels over one time axis: lines, bands between two steps, and bounds, with events as marks through
// all of them. A [Scatter] sets dots against two axes. Both draw the same picture either way, to the byte the same for
// the same values, in colours that people with any colour vision can tell apart. All texts may come from outside: they
// are escaped, and cut where there is no room.
//
// An SVG holds no style sheet, no script and no reference to anything else, so that it can stand in a page with the
// strictest Content-Security-Policy. Its letters are those of the reader's machine. A PNG is drawn with the Go font,
// which knows Latin, Greek and Cyrillic letters; others appear as boxes.
//
// Weeks of minutes make a small picture: of the points that share a column of pixels, the first, the lowest, the
// highest and the last are drawn, which looks the same (Jugel and others, "M4: A Visualization-Oriented Time Series
// Data Aggregation", VLDB 2014).
package chart
