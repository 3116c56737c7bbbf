// Package chart draws time series and scatter plots as SVG and as PNG.
//
// A [Chart] stacks panels over one time axis: lines, bands between two step lines, and thresholds, with events as marks
// through all of them. A [Scatter] draws dots on two axes. Both formats show the same picture. The same values give the
// same bytes. People with any color vision can distinguish the colors. All texts may come from outside: they are
// escaped, and cut if there is no space.
//
// An SVG has no style sheet, no script and no external reference, so a page with the strictest Content-Security-Policy
// can include it. It uses the fonts of the reader's machine. A PNG is drawn with the Go font, which has Latin, Greek
// and Cyrillic letters; others appear as boxes.
//
// Weeks of minutes make a small picture. Of the points in one column of pixels only the first, the lowest, the highest
// and the last are drawn, which looks the same (Jugel and others, "M4: A Visualization-Oriented Time Series Data
// Aggregation", VLDB 2014).
package chart
