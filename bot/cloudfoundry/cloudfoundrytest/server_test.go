package cloudfoundrytest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	logcache "code.cloudfoundry.org/go-log-cache/v3"
	"code.cloudfoundry.org/go-log-cache/v3/rpc/logcache_v1"
	"github.com/cloudfoundry/go-cfclient/v3/client"
	"github.com/cloudfoundry/go-cfclient/v3/config"
	"github.com/cloudfoundry/go-cfclient/v3/resource"
	"go.uber.org/goleak"

	"github.com/autoscalebot/autoscalebot/bot/cloudfoundry/cloudfoundrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func official(t *testing.T, srv *cloudfoundrytest.Server, options ...config.Option) *client.Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	c, err := config.New(srv.URL, append(options, config.HttpClient(&http.Client{Transport: transport}))...)
	if err != nil {
		t.Fatal(err)
	}
	cf, err := client.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return cf
}

func TestTheOfficialClientWorksAgainstIt(t *testing.T) {
	srv := cloudfoundrytest.NewServer(t)
	srv.AddApp(cloudfoundrytest.App{Name: "other"})
	srv.AddApp(cloudfoundrytest.App{Name: "my-app", Labels: map[string]string{"example.com/team": "shop"}, Processes: []cloudfoundrytest.Process{
		{Type: "web", Instances: 2, MemoryMB: 512}, {Type: "worker", Instances: 1},
	}})
	srv.SetSpaceQuota(cloudfoundrytest.Space, cloudfoundrytest.Quota{Name: "small", MemoryMB: 4096})
	cf := official(t, srv, config.UserPassword(cloudfoundrytest.Username, cloudfoundrytest.Password))
	ctx := t.Context()

	orgs := client.NewOrganizationListOptions()
	orgs.Names = client.Filter{Values: []string{cloudfoundrytest.Org}}
	org, err := cf.Organizations.Single(ctx, orgs)
	fatal(t, err)
	spaces := client.NewSpaceListOptions()
	spaces.Names, spaces.OrganizationGUIDs = client.Filter{Values: []string{cloudfoundrytest.Space}}, client.Filter{Values: []string{org.GUID}}
	space, err := cf.Spaces.Single(ctx, spaces)
	fatal(t, err)
	apps := client.NewAppListOptions()
	apps.Names, apps.SpaceGUIDs = client.Filter{Values: []string{"my-app"}}, client.Filter{Values: []string{space.GUID}}
	app, err := cf.Applications.Single(ctx, apps)
	fatal(t, err)
	if app.GUID != srv.AppGUID("my-app") || app.State != "STARTED" || *app.Metadata.Labels["example.com/team"] != "shop" || app.Relationships.Space.Data.GUID != space.GUID {
		t.Errorf("the app is %+v", app)
	}

	all, err := cf.Processes.ListForAppAll(ctx, app.GUID, nil)
	fatal(t, err)
	if len(all) != 2 || all[0].Type != "web" || all[0].Instances != 2 || all[0].MemoryInMB != 512 || all[1].Type != "worker" {
		t.Errorf("the processes are %+v", all)
	}
	scaled, err := cf.Processes.Scale(ctx, all[0].GUID, resource.NewProcessScale().WithInstances(3))
	fatal(t, err)
	stats, err := cf.Processes.GetStats(ctx, all[0].GUID)
	fatal(t, err)
	if scaled.Instances != 3 || len(stats.Stats) != 3 || stats.Stats[2].Index != 2 || stats.Stats[2].State != "RUNNING" || stats.Stats[0].Usage.CPU != 0.25 {
		t.Errorf("scaled to %+v with %+v", scaled, stats.Stats)
	}
	_, err = cf.Processes.Scale(ctx, all[0].GUID, resource.NewProcessScale().WithInstances(20))
	if !resource.IsUnprocessableEntityError(err) || !strings.Contains(err.Error(), "memory space_quota_exceeded") {
		t.Errorf("over the quota: %v", err)
	}
	quota, err := cf.SpaceQuotas.Get(ctx, space.Relationships.Quota.Data.GUID)
	fatal(t, err)
	orgQuota, err := cf.OrganizationQuotas.Get(ctx, org.Relationships.Quota.Data.GUID)
	fatal(t, err)
	if quota.Name != "small" || *quota.Apps.TotalMemoryInMB != 4096 || orgQuota.Apps.TotalMemoryInMB != nil {
		t.Errorf("the quotas are %+v and %+v", quota, orgQuota)
	}

	finish := srv.Deploy("my-app", time.Now())
	deployment, err := cf.Deployments.First(ctx, nil)
	fatal(t, err)
	_, err = cf.Processes.Scale(ctx, all[0].GUID, resource.NewProcessScale().WithInstances(2))
	if deployment.Status.Value != "ACTIVE" || !resource.IsScaleDisabledDuringDeploymentError(err) {
		t.Errorf("the deployment is %+v, and scaling meanwhile gives %v", deployment, err)
	}
	finish()
	droplet, err := cf.Droplets.GetCurrentForApp(ctx, app.GUID)
	fatal(t, err)
	routes, err := cf.Routes.ListAll(ctx, nil)
	fatal(t, err)
	if droplet.State != "STAGED" || len(routes) != 2 || routes[1].URL != "my-app.apps.example.com" || routes[1].Protocol != "http" {
		t.Errorf("the droplet is %+v, the routes are %+v", droplet, routes)
	}
	domain, err := cf.Domains.Get(ctx, routes[1].Relationships.Domain.Data.GUID)
	fatal(t, err)
	if domain.Internal {
		t.Error("the domain is internal")
	}
	if _, err := cf.Applications.Get(ctx, "nobody"); !resource.IsResourceNotFoundError(err) {
		t.Errorf("an app that is not there: %v", err)
	}
}

func TestTheOfficialClientLogsIn(t *testing.T) {
	for name, credentials := range map[string]func(*cloudfoundrytest.Server) config.Option{
		"password": func(*cloudfoundrytest.Server) config.Option {
			return config.UserPassword(cloudfoundrytest.Username, cloudfoundrytest.Password)
		},
		"client credentials": func(*cloudfoundrytest.Server) config.Option {
			return config.ClientCredentials(cloudfoundrytest.ClientID, cloudfoundrytest.ClientSecret)
		},
		"token": func(srv *cloudfoundrytest.Server) config.Option {
			return config.Token(srv.Token(), cloudfoundrytest.RefreshToken)
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := cloudfoundrytest.NewServer(t)
			srv.AddApp(cloudfoundrytest.App{Name: "my-app"})
			cf := official(t, srv, credentials(srv))
			for range 2 {
				_, err := cf.Applications.Get(t.Context(), srv.AppGUID("my-app"))
				fatal(t, err)
				if name != "token" { // with it, the library keeps using the old one
					srv.RevokeTokens(false)
				}
			}
		})
	}
}

func TestTheOfficialLogCacheClientWorksAgainstIt(t *testing.T) {
	srv := cloudfoundrytest.NewServer(t)
	srv.AddApp(cloudfoundrytest.App{Name: "my-app"})
	now := time.Now()
	srv.EmitUsage("my-app", now, time.Minute, []float64{20, 40}, []float64{50, 25})
	srv.Emit("my-app",
		cloudfoundrytest.Envelope{Time: now, Instance: 1, Timer: &cloudfoundrytest.Timer{Took: 80 * time.Millisecond, Peer: "Client", Status: 503}},
		cloudfoundrytest.Envelope{Time: now})
	c := logcache.NewClient(srv.URL, logcache.WithHTTPClient(bearer{srv.Token()}))
	read := func(o ...logcache.ReadOption) []string {
		t.Helper()
		envelopes, err := c.Read(t.Context(), srv.AppGUID("my-app"), now.Add(-40*time.Second), o...)
		fatal(t, err)
		var out []string
		for _, e := range envelopes {
			switch {
			case e.GetTimer() != nil:
				out = append(out, "timer "+e.Tags["peer_type"]+" "+e.Tags["status_code"]+" "+time.Duration(e.GetTimer().Stop-e.GetTimer().Start).String())
			case e.GetGauge().GetMetrics()["memory"] != nil:
				m := e.GetGauge().Metrics
				if m["memory_quota"].Value != 512<<20 || m["cpu"].Unit != "percentage" {
					t.Errorf("a gauge of %v", m)
				}
				out = append(out, "gauge of "+e.InstanceId)
			case string(e.GetLog().GetPayload()) == "hello":
				out = append(out, "log")
			}
		}
		return out
	}
	gauges := logcache.WithEnvelopeTypes(logcache_v1.EnvelopeType_GAUGE)
	if got := strings.Join(read(gauges), ", "); got != "gauge of 0, gauge of 1, gauge of 0, gauge of 1, gauge of 0, gauge of 1" {
		t.Errorf("gauges of the last 40 s: %s", got)
	}
	if got := strings.Join(read(gauges, logcache.WithDescending(), logcache.WithLimit(2)), ", "); got != "gauge of 1" {
		t.Errorf("the newest 2: %s", got)
	}
	if got := strings.Join(read(gauges, logcache.WithEndTime(now)), ", "); got != "gauge of 0, gauge of 1, gauge of 0, gauge of 1" {
		t.Errorf("all before the newest: %s", got)
	}
	if got := strings.Join(read(logcache.WithEnvelopeTypes(logcache_v1.EnvelopeType_TIMER, logcache_v1.EnvelopeType_LOG)), ", "); got != "timer Client 503 80ms, log" {
		t.Errorf("timers and logs: %s", got)
	}
}

type bearer struct{ token string }

func (b bearer) Do(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", "bearer "+b.token)
	return (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCallsFailBeforeOrAfterTheyTakeEffect(t *testing.T) {
	for name, c := range map[string]struct {
		fault     cloudfoundrytest.Fault
		said      string // of the client's error
		instances int    // afterwards
	}{
		"before":       {cloudfoundrytest.Fault{Status: 500, ID: "CF-Odd", Message: "no luck"}, "CF-Odd", 2},
		"after":        {cloudfoundrytest.Fault{Status: 500, Message: "no luck", Applied: true}, "no luck", 3},
		"half-way":     {cloudfoundrytest.Fault{Cut: true}, "unexpected EOF", 3},
		"another call": {cloudfoundrytest.Fault{Method: http.MethodDelete, Status: 500}, "", 3},
	} {
		t.Run(name, func(t *testing.T) {
			srv := cloudfoundrytest.NewServer(t)
			srv.AddApp(cloudfoundrytest.App{Name: "my-app", Processes: []cloudfoundrytest.Process{{Type: "web", Instances: 2}}})
			cf := official(t, srv, config.UserPassword(cloudfoundrytest.Username, cloudfoundrytest.Password))
			all, err := cf.Processes.ListForAppAll(t.Context(), srv.AppGUID("my-app"), nil)
			fatal(t, err)
			c.fault.Path = "/v3/processes/*"
			mend := srv.Fail(c.fault)
			_, err = cf.Processes.Scale(t.Context(), all[0].GUID, resource.NewProcessScale().WithInstances(3))
			mend()
			if (err == nil) != (c.said == "") || err != nil && !strings.Contains(err.Error(), c.said) {
				t.Errorf("the error is %v; want %q", err, c.said)
			}
			now, err := cf.Processes.Get(t.Context(), all[0].GUID)
			fatal(t, err)
			if now.Instances != c.instances {
				t.Errorf("%d instances, want %d", now.Instances, c.instances)
			}
		})
	}
}
