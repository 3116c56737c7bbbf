package pool

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// FindSize finds a size by name, ignoring case.
func FindSize(sizes []Size, name string) (Size, bool) {
	for _, s := range sizes {
		if strings.EqualFold(s.Name, name) {
			return s, true
		}
	}
	return Size{}, false
}

func sameSize(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }

func sizeNames(sizes []Size) []string {
	names := make([]string, len(sizes))
	for i, s := range sizes {
		names[i] = s.Name
	}
	return names
}

func newestSize(servers []*tracked) string {
	for _, s := range slices.Backward(servers) {
		if s.Size != "" && !s.leaving() {
			return s.Size
		}
	}
	return ""
}

// Servers that are leaving do not count.
func otherSizes(servers []Server, size string) string {
	var others []string
	for _, s := range servers {
		if !sameSize(s.Size, size) {
			others = append(others, fmt.Sprintf("%s (%s)", s.Name, s.Size))
		}
	}
	if len(others) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d servers do not have the size of new servers, %s: %s",
		len(others), len(servers), size, strings.Join(others, ", "))
}

// Offered finds a size among those that the provider offers. If the provider lists no sizes, Offered accepts every name
// and knows nothing more about it.
func Offered(ctx context.Context, provider Provider, name string) (Size, error) {
	cat, ok := provider.(Cataloger)
	if !ok {
		return Size{Name: name}, nil
	}
	sizes, err := cat.Sizes(ctx)
	if err != nil {
		return Size{}, err
	}
	if s, ok := FindSize(sizes, name); ok {
		return s, nil
	}
	if one, ok := provider.(interface {
		Size(ctx context.Context, name string) (Size, error)
	}); ok { // the list is incomplete
		return one.Size(ctx, name)
	}
	return Size{}, fmt.Errorf("the provider does not offer size %q here", name)
}

func (o *Options) sizes() []string {
	if len(o.Sizes) == 0 {
		return []string{o.Size}
	}
	return sizeNames(o.Sizes)
}
