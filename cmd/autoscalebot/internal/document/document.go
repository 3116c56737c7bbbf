// Package document reads YAML and JSON into trees in which every value knows its line, so that a mistake can be told
// where it stands.
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
	// MaxBytes is how long a document may be.
	MaxBytes = 1 << 20
	maxNodes = 100_000 // once its aliases are put in, which grow a small text without bound
	maxDepth = 64
)

// A Kind says what a value is.
type Kind int

// The kinds. Nothing is a value that is left empty, or null.
const (
	Nothing Kind = iota
	Scalar
	List
	Map
)

// String names the kind as an error does.
func (k Kind) String() string {
	return [...]string{"nothing", "one value", "a list", "a map"}[k]
}

// A Node is one value of a document.
type Node struct {
	Kind Kind
	// Line is where the value begins, from 1.
	Line int
	// Text is the text of a scalar: a number and a truth value as they are written.
	Text string
	// Quoted says that a scalar stands in quotes, or is marked as a text some other way.
	Quoted bool
	// Items are the values of a list.
	Items []*Node
	// Pairs are the entries of a map, in the order of the document. No two have the same key.
	Pairs []Pair
}

// A Pair is one entry of a map.
type Pair struct {
	Key string
	// Line is where the key stands.
	Line  int
	Value *Node
}

// Get returns the value of a key, nil if the node is no map or has no such key.
func (n *Node) Get(key string) *Node {
	for _, p := range n.Pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// A Mistake is one thing that is wrong with a document.
type Mistake struct {
	// Line is where it is, 0 if nowhere in particular.
	Line int
	// What says what is wrong and what would be right. It holds no value of the document.
	What string
}

// Mistakes are all that is wrong with a document, in the order of the lines.
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

// Read reads one document from r, no longer than [MaxBytes].
func Read(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err == nil && len(text) > MaxBytes {
		err = fmt.Errorf("it is longer than %d KiB", MaxBytes>>10)
	}
	return text, err
}

// Parse reads the text of one document. An empty one is a map without entries. Its error is the [Mistakes]: the first
// of the syntax, or all the keys that stand twice.
func Parse(text []byte) (*Node, error) {
	if len(text) > MaxBytes {
		return nil, Mistakes{{What: fmt.Sprintf("it is longer than %d KiB", MaxBytes>>10)}}
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
		return nil, Mistakes{{Line: more.Line, What: "a second document begins; write one alone"}}
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

// decode recovers: the library is not sure to survive every text.
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

// syntax leaves out what the document says.
func syntax(err error) Mistake {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	m := Mistake{}
	if at := atLine.FindStringSubmatchIndex(text); at != nil {
		m.Line, _ = strconv.Atoi(text[at[2]:at[3]])
		text = text[at[1]:]
	}
	switch {
	case unknownAlias.MatchString(text):
		text = "a value begins with an asterisk and names no anchor; put it in quotes"
	case strings.ContainsAny(text, "\"'`") && !strings.HasPrefix(text, "found ") &&
		!strings.HasPrefix(text, "did not find") && !strings.HasPrefix(text, "could not find"):
		text = "it is no YAML"
	default:
		text = "it is no YAML: " + text
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
			b.mistake(y.Line, "it holds too many values, or values too deep in each other")
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

// pairs reads a map's entries. What a merge key (<<) brings in stands behind what the map itself has.
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
			b.mistake(key.Line, "a key is a list or a map; write a name")
		case key.ShortTag() == "!!merge":
			merged = append(merged, value)
		case twice:
			b.mistake(key.Line, "the key of line %d stands here a second time", first)
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
