package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/bot/pool"
)

func TestScriptsOfTheDocsWork(t *testing.T) {
	doc, err := os.ReadFile("../../docs/pools/command.md")
	must(t, err)
	p, dir := servers(t, func(o *ProviderOptions) {
		o.List, o.Create, o.Destroy = "./list.sh", "./create.sh", "./destroy.sh"
		o.Env = []string{"PATH=" + o.Dir + ":" + os.Getenv("PATH"), "COMMAND_TEST_AWS=" + filepath.Join(o.Dir, "cloud"), "GORACE=atexit_sleep_ms=0"}
	})
	scripts := regexp.MustCompile("(?s)`([a-z]+\\.sh)`[^\n]*\n\n```sh\n(.*?)```").FindAllSubmatch(doc, -1)
	if len(scripts) != 3 {
		t.Fatalf("%d scripts found, want 3", len(scripts))
	}
	for _, s := range scripts {
		write(t, filepath.Join(dir, string(s[1])), string(s[2]), 0o700)
	}
	self, err := os.Executable()
	must(t, err)
	must(t, os.Symlink(self, filepath.Join(dir, "aws")))
	first, err := p.Create(t.Context(), pool.Order{Name: "web-1"})
	if err != nil || first.State != pool.Making || first.Name != "web-1" || first.Size != "t3.micro" || first.Created.IsZero() {
		t.Errorf("Create gave %+v, %v", first, err)
	}
	second, err := p.Create(t.Context(), pool.Order{Name: "web-2", Size: "t3.large"})
	if err != nil || second.Size != "t3.large" || second.ID == first.ID {
		t.Errorf("Create gave %+v, %v", second, err)
	}
	if list, err := p.List(t.Context()); err != nil || len(list) != 2 || list[0].Name != "web-1" || list[0].State != pool.Active || list[0].Address != "10.0.0.1" {
		t.Errorf("List gave %+v, %v", list, err)
	}
	if err := p.Destroy(t.Context(), first.ID); err != nil {
		t.Error(err)
	}
	if _, err := p.Describe(t.Context(), first.ID); !errors.Is(err, pool.ErrGone) {
		t.Errorf("Describe of what was destroyed gave %v", err)
	}
}

func fakeAWS(args []string, file string) (status int) {
	instances := []map[string]any{awsInstance("i-other", "other", "web-1", "t3.micro")}
	if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &instances) != nil {
		return 1
	}
	var out any
	line := strings.Join(args, " ")
	find := func(pattern string) []string { return regexp.MustCompile("^" + pattern + "$").FindStringSubmatch(line) }
	if m := find("ec2 describe-instances --output json --filters Name=tag:pool,Values=([^ ]+)"); m != nil {
		var of []map[string]any
		for _, i := range instances {
			if strings.Contains(fmt.Sprint(i["Tags"]), "Key:pool Value:"+m[1]+"]") {
				of = append(of, i)
			}
			if i["State"].(map[string]any)["Name"] == "pending" {
				i["State"] = map[string]any{"Name": "running"}
			}
		}
		out = map[string]any{"Reservations": []any{map[string]any{"Instances": of}}}
	} else if m := find(`ec2 run-instances --output json --launch-template LaunchTemplateName=web(?: --instance-type ([a-z0-9.]+))? --tag-specifications ` +
		`ResourceType=instance,Tags=\[\{Key=Name,Value=([^}]+)\},\{Key=pool,Value=([^}]+)\}\]`); m != nil {
		size := m[1]
		if size == "" {
			size = "t3.micro"
		}
		i := awsInstance(fmt.Sprintf("i-%d", len(instances)), m[3], m[2], size)
		i["PrivateIpAddress"] = fmt.Sprintf("10.0.0.%d", len(instances))
		instances = append(instances, i)
		out = map[string]any{"ReservationId": "r-1", "Instances": []any{i}}
	} else if m := find("ec2 terminate-instances --instance-ids ([^ ]+)"); m != nil {
		for _, i := range instances {
			if i["InstanceId"] == m[1] {
				i["State"] = map[string]any{"Name": "terminated"}
			}
		}
		out = map[string]any{"TerminatingInstances": []any{}}
	} else {
		fmt.Fprintf(os.Stderr, "aws: unknown: %q\n", args)
		return 252
	}
	text, _ := json.Marshal(instances)
	if os.WriteFile(file, text, 0o600) != nil || json.NewEncoder(os.Stdout).Encode(out) != nil {
		return 1
	}
	return 0
}

func awsInstance(id, pool, name, size string) map[string]any {
	return map[string]any{
		"InstanceId": id, "InstanceType": size, "State": map[string]any{"Code": 0, "Name": "pending"}, "LaunchTime": "2026-11-22T12:00:00.000Z",
		"Tags": []map[string]any{{"Key": "Name", "Value": name}, {"Key": "pool", "Value": pool}},
	}
}
