package digitalocean

import (
	"context"
	"fmt"

	"github.com/digitalocean/godo"
)

const (
	// perPage is the most that DigitalOcean lists at once.
	perPage = 200
	// maxPages bounds a list: 10,000 of a kind are more than a pool has to do with.
	maxPages = 50
	// maxReadings is how often a list is read that changes between its pages.
	maxReadings = 3
)

type pageOf[T any] func(context.Context, *godo.ListOptions) ([]T, *godo.Response, error)

func listAll[T any, K comparable](
	ctx context.Context, p *Provider, op string, key func(T) K, page pageOf[T],
) (list []T, err error) {
	err = p.call(ctx, op, func(ctx context.Context) error {
		list, err = pages(ctx, key, page)
		return err
	})
	return list, err
}

// pages reads a list whole. What ends while a list of several pages is read moves the others up, so that one may be
// missed: where the length that the list says it has changes on the way, or fewer come, it is read again.
func pages[T any, K comparable](ctx context.Context, key func(T) K, page pageOf[T]) ([]T, error) {
	for range maxReadings {
		var all []T
		seen := map[K]bool{}
		total, changed, last := 0, false, false
		n := 1
		for ; n <= maxPages && !last; n++ {
			list, resp, err := page(ctx, &godo.ListOptions{Page: n, PerPage: perPage})
			if err != nil {
				return nil, err
			}
			for _, v := range list {
				if !seen[key(v)] {
					seen[key(v)] = true
					all = append(all, v)
				}
			}
			if resp.Meta != nil {
				changed = changed || n > 1 && resp.Meta.Total != total
				total = resp.Meta.Total
			}
			last = resp.Links == nil || resp.Links.IsLastPage()
		}
		if !last {
			return nil, fmt.Errorf("it has more than %d entries", maxPages*perPage)
		}
		if n == 2 || len(all) >= total && !changed {
			return all, nil
		}
	}
	return nil, fmt.Errorf("it changed each of the %d times that it was read", maxReadings)
}
