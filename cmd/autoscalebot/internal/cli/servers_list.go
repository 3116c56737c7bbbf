package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/pool"
	"github.com/autoscalebot/autoscalebot/bot/words"
)

// The output of --json.
type (
	serverJSON struct {
		ID      string      `json:"id"`
		Name    string      `json:"name"`
		Address string      `json:"address,omitempty"`
		State   pool.State  `json:"state"`
		Size    string      `json:"size,omitempty"`
		Price   float64     `json:"dollars_per_hour,omitempty"`
		Created time.Time   `json:"created,omitzero"`
		Note    string      `json:"note,omitempty"`
		Member  *memberJSON `json:"balancer,omitempty"`
	}
	memberJSON struct {
		State    pool.MemberState `json:"state"`
		Requests *int             `json:"requests,omitempty"`
		Note     string           `json:"note,omitempty"`
	}
	sizeJSON struct {
		Name   string  `json:"name"`
		CPUs   int     `json:"cpus,omitempty"`
		Memory int     `json:"memory_mb,omitempty"`
		Price  float64 `json:"dollars_per_hour,omitempty"`
	}
	imageJSON struct {
		ID      string    `json:"id"`
		Name    string    `json:"name"`
		Created time.Time `json:"created,omitzero"`
		Size    float64   `json:"gb,omitempty"`
	}
)

func (c *poolCommand) list(ctx context.Context) error {
	servers, err := c.operator.List(ctx)
	if err != nil {
		return err
	}
	out := []serverJSON{}
	for _, s := range servers {
		row := serverJSON{s.ID, s.Name, s.Address, s.State, s.Size, s.Price, s.Created, s.Note, nil}
		if m := s.Member; m != nil {
			row.Member = &memberJSON{State: m.State, Note: m.Note}
			if m.Requests >= 0 {
				row.Member.Requests = &m.Requests
			}
		}
		out = append(out, row)
	}
	if c.asJSON {
		return printJSON(c.stdout, out)
	}
	return c.printServers(out)
}

func (c *poolCommand) printServers(servers []serverJSON) error {
	rows := [][]string{{"NAME", "ID", "ADDRESS", "STATE", "BALANCER", "REQUESTS", "SIZE", "$/HOUR", "AGE", "NOTE"}}
	sum, unknown := 0.0, 0
	for _, s := range servers {
		if sum += s.Price; s.Price == 0 {
			unknown++
		}
		state, requests, note := "-", "-", s.Note
		if c.operator.Balancer == nil {
			state = ""
		}
		if m := s.Member; m != nil {
			state = string(m.State)
			if m.Requests != nil {
				requests = fmt.Sprint(*m.Requests)
			}
			note = strings.Trim(note+"; "+m.Note, "; ")
		}
		rows = append(rows, []string{
			s.Name, s.ID, cmp.Or(s.Address, "-"), string(s.State), state, requests,
			cmp.Or(s.Size, "-"), dollars(s.Price),
			age(c.h.Now, s.Created), note,
		})
	}
	if err := table(c.stdout, rows); err != nil {
		return err
	}
	least, most := c.s.ServerLimits(c.h.Now)
	cost := fmt.Sprintf("$%.4g an hour", sum)
	if unknown > 0 {
		cost = fmt.Sprintf("price of %d unknown", unknown)
	}
	_, err := fmt.Fprintf(c.stdout, "\n%d servers in pool %s, %s; limits now %d to %d\n", len(servers),
		c.s.Pooled(), cost, least, most)
	return err
}

func (c *poolCommand) sizes(ctx context.Context) error {
	sizes, err := c.operator.Sizes(ctx)
	if err != nil {
		return err
	}
	out, rows := []sizeJSON{}, [][]string{{"NAME", "CPUS", "MEMORY", "$/HOUR", "IN SIZES"}}
	for _, s := range sizes {
		mark := ""
		if i := slices.Index(c.s.Sizes, s.Name); i >= 0 {
			mark = fmt.Sprint(i + 1)
		}
		out = append(out, sizeJSON(s))
		rows = append(rows, []string{
			s.Name, fmt.Sprint(s.CPUs), fmt.Sprintf("%d MB", s.Memory),
			dollars(s.Price), mark,
		})
	}
	if c.asJSON {
		return printJSON(c.stdout, out)
	}
	return table(c.stdout, rows)
}

func (c *poolCommand) images(ctx context.Context) error {
	images, err := c.operator.Images(ctx)
	if err != nil {
		return err
	}
	out, rows := []imageJSON{}, [][]string{{"ID", "NAME", "AGE", "GB"}}
	for _, i := range images {
		out = append(out, imageJSON(i))
		size := "-"
		if i.Size > 0 {
			size = fmt.Sprintf("%.4g", i.Size)
		}
		rows = append(rows, []string{i.ID, i.Name, age(c.h.Now, i.Created), size})
	}
	if c.asJSON {
		return printJSON(c.stdout, out)
	}
	return table(c.stdout, rows)
}

func dollars(f float64) string {
	if f == 0 {
		return "-"
	}
	return fmt.Sprintf("%.5f", f)
}

func age(now, t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return words.Length(now.Sub(t))
}
