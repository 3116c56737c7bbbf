// Package document reads YAML and JSON into trees whose values have their lines, so that errors can name them.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	// MaxBytes is the maximum size of a document.
	MaxBytes = 1 << 20
	maxNodes = 100_000 // with aliases expanded, since a small text can have any number of values
	maxDepth = 64
)

// A Kind is the kind of a value.
type Kind int

// The kinds. Nothing is an empty value, or null.
const (
	Nothing Kind = iota
	Scalar
	List
	Map
)

// String returns the kind as in errors: "a list", "a map".
func (k Kind) String() string {
	return [...]string{"nothing", "one value", "a list", "a map"}[k]
}

// A Node is one value of a document.
type Node struct {
	Kind Kind
	// Line is the line where the value begins, from 1.
	Line int
	// Text is the text of a scalar. Numbers and booleans stay as they are written.
	Text string
	// Quoted is true if a scalar is in quotes, or marked as a string in another way.
	Quoted bool
	// Items are the values of a list.
	Items []*Node
	// Pairs are the entries of a map, in the order of the document. Keys are unique.
	Pairs []Pair
}

// A Pair is one entry of a map.
type Pair struct {
	Key string
	// Line is the line of the key.
	Line  int
	Value *Node
}

// Get returns the value of a key, nil if the node is not a map or does not have the key.
func (n *Node) Get(key string) *Node {
	for _, p := range n.Pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// A Mistake is one mistake in a document.
type Mistake struct {
	// Line is its line, 0 if it concerns the whole document.
	Line int
	// What says what is wrong, and what would be correct.
	What string
}

// Mistakes are all mistakes in a document, in the order of the lines.
type Mistakes []Mistake

// Error lists the mistakes, one a line.
func (ms Mistakes) Error() string {
	texts := make([]string, len(ms))
	for i, m := range ms {
		texts[i] = m.What
		if m.Line > 0 {
			texts[i] = fmt.Sprintf("line %d: %s", m.Line, m.What)
		}
	}
	return strings.Join(texts, "\n")
}

// Read reads a document of at most [MaxBytes] from r.
func Read(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && len(text) > MaxBytes {
		err = fmt.Errorf("too large: must be at most %d KiB", MaxBytes>>10)
	}
	return text, err
}

// Parse parses one document. An empty text is a map without entries. The error is a [Mistakes], with the first syntax
// error or all duplicate keys. It quotes no value.
func Parse(text []byte) (*Node, error) {
	if len(text) > MaxBytes {
		return nil, Mistakes{{What: fmt.Sprintf("too large: must be at most %d KiB", MaxBytes>>10)}}
	}
	dec := yaml.NewDecoder(bytes.NewReader(plain(text)))
	var doc, more yaml.Node
	switch err := decode(dec, &doc); {
	case errors.Is(err, io.EOF):
		return &Node{Kind: Map, Line: 1}, nil
	case err != nil:
		return nil, Mistakes{syntax(err)}
	}
	if err := decode(dec, &more); err == nil {
		return nil, Mistakes{{Line: more.Line, What: "a second document begins here: must be one document"}}
	} else if !errors.Is(err, io.EOF) {
		return nil, Mistakes{syntax(err)}
	}
	b := &builder{}
	root := b.node(&doc, 0)
	if len(b.mistakes) > 0 {
		return nil, b.mistakes
	}
	return root, nil
}

// The library may panic.
func decode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("cannot be read")
		}
	}()
	return dec.Decode(n)
}

var (
	atLine       = regexp.MustCompile(`line (\d+): `)
	unknownAlias = regexp.MustCompile(`unknown anchor`)
)

// Values of the document may be secret, so they are left out.
func syntax(err error) Mistake {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	m := Mistake{}
	if at := atLine.FindStringSubmatchIndex(text); at != nil {
		m.Line, _ = strconv.Atoi(text[at[2]:at[3]])
		text = text[at[1]:]
	}
	switch {
	case unknownAlias.MatchString(text):
		text = "unknown anchor after an asterisk. Put a value that begins with * in quotes"
	case strings.ContainsAny(text, "\"'`") && !strings.HasPrefix(text, "found ") &&
		!strings.HasPrefix(text, "did not find") && !strings.HasPrefix(text, "could not find"):
		text = "invalid YAML"
	default:
		text = "invalid YAML: " + text
	}
	m.What = text
	return m
}

type builder struct {
	nodes    int
	mistakes Mistakes
	full     bool
}

func (b *builder) mistake(line int, format string, args ...any) {
	b.mistakes = append(b.mistakes, Mistake{line, fmt.Sprintf(format, args...)})
}

func (b *builder) node(y *yaml.Node, depth int) *Node {
	n := &Node{Line: y.Line}
	if b.nodes++; b.nodes > maxNodes || depth > maxDepth {
		if !b.full {
			b.mistake(y.Line, "too many values, or values nested too deeply")
		}
		b.full = true
		return n
	}
	switch y.Kind {
	case yaml.DocumentNode:
		return b.node(y.Content[0], depth)
	case yaml.AliasNode:
		n := b.node(y.Alias, depth+1)
		n.Line = y.Line
		return n
	case yaml.ScalarNode:
		if y.ShortTag() == "!!null" {
			return n
		}
		n.Kind, n.Text, n.Quoted = Scalar, y.Value, y.ShortTag() == "!!str" && y.Style != 0
	case yaml.SequenceNode:
		n.Kind = List
		for _, item := range y.Content {
			n.Items = append(n.Items, b.node(item, depth+1))
		}
	case yaml.MappingNode:
		n.Kind = Map
		b.pairs(n, y, depth)
	}
	return n
}

// Entries of a merge key (<<) come after the map's own, which take precedence.
func (b *builder) pairs(n *Node, y *yaml.Node, depth int) {
	seen := map[string]int{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		switch first, twice := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			b.mistake(key.Line, "a key must be a name, not a list or a map")
		case key.ShortTag() == "!!merge":
			merged = append(merged, value)
		case twice:
			b.mistake(key.Line, "duplicate key, first in line %d", first)
		default:
			seen[key.Value] = key.Line
			n.Pairs = append(n.Pairs, Pair{key.Value, key.Line, b.node(value, depth+1)})
		}
	}
	for _, value := range merged {
		from := b.node(value, depth+1)
		if from.Kind == Map {
			from = &Node{Kind: List, Items: []*Node{from}}
		}
		for _, item := range from.Items {
			for _, p := range item.Pairs {
				if _, own := seen[p.Key]; !own {
					seen[p.Key] = p.Line
					n.Pairs = append(n.Pairs, p)
				}
			}
		}
	}
}
