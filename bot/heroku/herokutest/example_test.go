package herokutest_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/autoscalebot/autoscalebot/bot/heroku/herokutest"
)

// A test usually has NewServer(t) in the place of New, and a client of the Platform API in the place of patch.
func Example() {
	srv := herokutest.New()
	defer srv.Close()
	srv.AddApp(herokutest.App{Name: "my-app", Formation: []herokutest.Process{{Type: "web", Quantity: 2}}})

	srv.Fail(herokutest.Fault{Status: http.StatusServiceUnavailable, Times: 1})
	for range 2 {
		fmt.Println(patch(srv, "/apps/my-app/formation/web", `{"quantity":3}`))
	}
	fmt.Println(srv.Quantity("my-app", "web"), "dynos after", len(srv.Calls()), "calls")
	// Output:
	// 503 Service Unavailable
	// 200 OK
	// 3 dynos after 2 calls
}

func patch(srv *herokutest.Server, path, body string) string {
	req, err := http.NewRequest(http.MethodPatch, srv.URL+path, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Authorization", "Bearer "+srv.Key)
	req.Header.Set("Accept", "application/vnd.heroku+json; version=3")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	return resp.Status
}
