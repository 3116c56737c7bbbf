package dashboard

//go:generate go tool -modfile=../../tools.mod templ generate
