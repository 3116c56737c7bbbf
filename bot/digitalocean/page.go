package digitalocean

import (
	"context"
	"fmt"

	"github.com/digitalocean/godo"
)

const (
	// The most that DigitalOcean lists on one page.
	perPage = 200
	// 10,000 entries, more than any pool needs.
	maxPages = 50
	// How often a list that changes between its pages is read.
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

// An entry that ends while the pages are read moves the others up, so one may be missed. If the list's total changes,
// or fewer entries come, the list is read again.
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
			return nil, fmt.Errorf("the list has more than %d entries", maxPages*perPage)
		}
		if n == 2 || len(all) >= total && !changed {
			return all, nil
		}
	}
	return nil, fmt.Errorf("the list changed during each of %d readings", maxReadings)
}
