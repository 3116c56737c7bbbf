package digitaloceantest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/autoscalebot/autoscalebot/bot/digitalocean/digitaloceantest"
)

// A test usually has NewServer(t) instead of New, and a client of the API instead of call.
func Example() {
	srv := digitaloceantest.New()
	defer srv.Close()
	srv.Takes("create", time.Hour)
	srv.Fail(digitaloceantest.Fault{Method: http.MethodPost, Status: http.StatusServiceUnavailable, Times: 1})
	order := `{"name":"web-1","region":"fra1","size":"s-1vcpu-1gb","image":"ubuntu-24-04-x64","tags":["web"]}`
	for range 2 {
		resp, _ := call(http.DefaultClient, srv, "POST", "/v2/droplets", order)
		fmt.Println(resp.Status)
	}
	for _, d := range srv.Droplets() {
		fmt.Println(d.Name, d.Status, d.Tags, "after", len(srv.Calls()), "calls")
	}
	// Output:
	// 503 Service Unavailable
	// 202 Accepted
	// web-1 new [web] after 2 calls
}

func call(client *http.Client, srv *digitaloceantest.Server, method, path, body string) (*http.Response, string) {
	req, err := http.NewRequest(method, srv.URL+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer "+srv.Token)
	resp, err := client.Do(req)
	if err != nil {
		return &http.Response{Status: err.Error()}, ""
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return &http.Response{Status: err.Error()}, ""
	}
	return resp, string(answer)
}

func TestAnswers(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	id := srv.AddDroplet(digitaloceantest.Droplet{Name: "a", Tags: []string{"Web"}})
	off := srv.AddDroplet(digitaloceantest.Droplet{Name: "b", Status: "off"})
	tagged := srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "tagged", Tag: "web"})
	lb := srv.AddLoadBalancer(digitaloceantest.LoadBalancer{Name: "lb"})
	order := func(change string) string {
		all := map[string]any{"name": "x", "region": "fra1", "size": "s-1vcpu-1gb", "image": "ubuntu-24-04-x64"}
		if err := json.Unmarshal([]byte(change), &all); err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(all)
		return string(b)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/v2/nothing", "", 404, `"id":"not_found"`},
		{"GET", "/v1/droplets", "", 404, `"request_id":"515850a0-`},
		{"GET", "/v2/droplets/1", "", 404, "could not be found"},
		{"PUT", "/v2/droplets", "", 404, "not_found"},
		{"POST", "/v2/droplets", "{", 400, "bad_request"},
		{"GET", "/v2/droplets?tag_name=web", "", 200, `"total":1`},
		{"GET", "/v2/droplets?name=B", "", 200, `"total":1`},
		{"POST", "/v2/droplets", order(`{"name":"a b"}`), 422, "hostname characters"},
		{"POST", "/v2/droplets", order(`{"region":"x"}`), 422, "invalid region"},
		{"POST", "/v2/droplets", order(`{"size":"x"}`), 422, "invalid size"},
		{"POST", "/v2/droplets", order(`{"size":"s-8vcpu-16gb"}`), 422, "not available in this region"},
		{"POST", "/v2/droplets", order(`{"image":1}`), 422, "invalid image"},
		{"POST", "/v2/droplets", order(`{"tags":["a b"]}`), 422, "Tag name"},
		{"POST", "/v2/droplets", order(`{"ssh_keys":[1]}`), 422, "key identifiers"},
		{"POST", fmt.Sprintf("/v2/droplets/%d/actions", id), `{"type":"resize","size":"s-2vcpu-2gb"}`, 422, "powered off"},
		{"POST", fmt.Sprintf("/v2/droplets/%d/actions", off), `{"type":"resize","size":"s-1vcpu-1gb"}`, 422, "already this size"},
		{"POST", fmt.Sprintf("/v2/droplets/%d/actions", off), `{"type":"resize","size":"s-1vcpu-512mb-10gb"}`, 422, "smaller disk"},
		{"POST", fmt.Sprintf("/v2/droplets/%d/actions", off), `{"type":"power_off"}`, 422, "already powered off"},
		{"POST", fmt.Sprintf("/v2/droplets/%d/actions", id), `{"type":"dance"}`, 422, "type of the action"},
		{"POST", "/v2/load_balancers/" + tagged + "/droplets", fmt.Sprintf(`{"droplet_ids":[%d]}`, off), 422, "has a tag"},
		{"POST", "/v2/load_balancers/" + lb + "/droplets", `{"droplet_ids":[1]}`, 422, "could not be found"},
		{"POST", "/v2/load_balancers/" + lb + "/droplets", `{"droplet_ids":[]}`, 422, "blank"},
		{"POST", "/v2/load_balancers/" + lb + "/droplets", fmt.Sprintf(`{"droplet_ids":[%d]}`, off), 204, ""},
		{"GET", "/v2/load_balancers/" + tagged, "", 200, fmt.Sprintf(`"droplet_ids":[%d]`, id)},
		{"POST", "/v2/tags/none/resources", `{"resources":[]}`, 404, "not_found"},
		{"POST", "/v2/tags", `{"name":"none"}`, 201, `"name":"none"`},
		{"POST", "/v2/tags/none/resources", `{"resources":[{"resource_id":"1","resource_type":"droplet"}]}`, 404, "not_found"},
		{"DELETE", fmt.Sprintf("/v2/droplets/%d", off), "", 204, ""},
		{"DELETE", fmt.Sprintf("/v2/droplets/%d", off), "", 404, "not_found"},
	} {
		resp, answer := call(http.DefaultClient, srv, c.method, c.path, c.body)
		if resp.StatusCode != c.status || !strings.Contains(answer, c.want) || resp.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s %s %s: %s %s, want %d and %q", c.method, c.path, c.body, resp.Status, answer, c.status, c.want)
		}
	}
	if resp, answer := call(http.DefaultClient, &digitaloceantest.Server{URL: srv.URL, Token: "another"}, "GET", "/v2/sizes", ""); resp.StatusCode != 401 {
		t.Errorf("with another token: %s %s", resp.Status, answer)
	}
}

func TestPagesAreLinked(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	for i := range 45 {
		srv.AddDroplet(digitaloceantest.Droplet{Name: fmt.Sprint("d", i), Tags: []string{"web"}})
	}
	seen := map[int]bool{}
	next, n := "/v2/droplets?tag_name=web", 0
	for ; next != ""; n++ {
		_, answer := call(http.DefaultClient, srv, "GET", next, "")
		var page struct {
			Droplets []struct{ ID int }
			Links    struct{ Pages struct{ Next string } }
			Meta     struct{ Total int }
		}
		if err := json.Unmarshal([]byte(answer), &page); err != nil || page.Meta.Total != 45 {
			t.Fatalf("%v: %s", err, answer)
		}
		for _, d := range page.Droplets {
			seen[d.ID] = true
		}
		next = strings.TrimPrefix(page.Links.Pages.Next, srv.URL)
	}
	if len(seen) != 45 || n != 3 {
		t.Errorf("%d droplets in %d pages, want 45 in 3 of 20", len(seen), n)
	}
}

func TestTimePassesInABubble(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: srv.Transport()}
		id := srv.AddDroplet(digitaloceantest.Droplet{Name: "a"})
		actions := fmt.Sprintf("/v2/droplets/%d/actions", id)
		srv.Takes("snapshot", 30*time.Second)
		if _, answer := call(client, srv, "POST", actions, `{"type":"snapshot","name":"s"}`); !strings.Contains(answer, `"status":"in-progress"`) {
			t.Error(answer)
		}
		if _, answer := call(client, srv, "POST", actions, `{"type":"reboot"}`); !strings.Contains(answer, "pending event") {
			t.Error(answer)
		}
		time.Sleep(29 * time.Second)
		if n := len(srv.Images()); n != 1 {
			t.Errorf("%d images after 29 s", n)
		}
		time.Sleep(time.Second)
		if n := len(srv.Images()); n != 2 {
			t.Errorf("%d images after 30 s", n)
		}
		srv.SetRemaining(1, time.Minute)
		for _, want := range []int{200, 429} {
			resp, _ := call(client, srv, "GET", "/v2/sizes", "")
			if resp.StatusCode != want || resp.Header.Get("RateLimit-Remaining") != "0" {
				t.Errorf("%s with %v, want %d", resp.Status, resp.Header, want)
			}
		}
		time.Sleep(time.Minute)
		if resp, _ := call(client, srv, "GET", "/v2/sizes", ""); resp.StatusCode != 200 || resp.Header.Get("RateLimit-Remaining") != "4999" {
			t.Errorf("%s with %v after a minute", resp.Status, resp.Header)
		}
		srv.Fail(digitaloceantest.Fault{Hang: true, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+"/v2/sizes", nil)
		if resp, err := client.Do(req); err == nil {
			t.Errorf("a call that hangs was answered: %s", resp.Status)
		}
	})
}

func TestFaults(t *testing.T) {
	srv := digitaloceantest.NewServer(t)
	for what, client := range map[string]*http.Client{"loopback": http.DefaultClient, "in process": {Transport: srv.Transport()}} {
		t.Run(what, func(t *testing.T) {
			for _, c := range []struct {
				fault digitaloceantest.Fault
				want  string
			}{
				{digitaloceantest.Fault{Status: 502}, "502 Bad Gateway"},
				{digitaloceantest.Fault{Body: "<html>"}, "200 OK"},
				{digitaloceantest.Fault{Cut: true}, "unexpected EOF"},
				{digitaloceantest.Fault{}, ""},
				{digitaloceantest.Fault{Method: "DELETE"}, "200 OK"},
				{digitaloceantest.Fault{Path: "/v2/s*", Status: 500}, "500 Internal Server Error"},
				{digitaloceantest.Fault{Path: "/v2/s", Status: 500}, "200 OK"},
				{digitaloceantest.Fault{Skip: 1, Status: 500}, "200 OK"},
			} {
				mend := srv.Fail(c.fault)
				resp, _ := call(client, srv, "GET", "/v2/sizes", "")
				if !strings.Contains(resp.Status, c.want) || c.want == "" && resp.StatusCode != 0 {
					t.Errorf("%+v: %q, want %q", c.fault, resp.Status, c.want)
				}
				mend()
			}
		})
	}
}
