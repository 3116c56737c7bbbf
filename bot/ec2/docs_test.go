package ec2_test

import (
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"testing/synctest"

	"github.com/autoscalebot/autoscalebot/bot/ec2/ec2test"
)

// They permit only what some call needs.
func TestDocumentedPoliciesAreWhatIsNeeded(t *testing.T) {
	text, err := os.ReadFile("../../docs/pools/aws.md")
	must(t, err)
	allowed := map[string]bool{}
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1) {
		var policy struct {
			Version   string
			Statement []struct {
				Sid, Effect string
				Action      oneOrMore
				Resource    oneOrMore
				Condition   map[string]map[string]any
			}
		}
		if err := json.Unmarshal(block[1], &policy); err != nil {
			t.Fatalf("a policy is not JSON: %v\n%s", err, block[1])
		}
		for _, s := range policy.Statement {
			if s.Effect != "Allow" || len(s.Action) == 0 || len(s.Resource) == 0 || policy.Version != "2012-10-17" {
				t.Errorf("the statement %+v is none", s)
			}
			for _, a := range s.Action {
				allowed[a] = true
			}
		}
	}
	needed := map[string]bool{"ec2:CreateTags": true} // for tags on creation; not a call
	var calls []ec2test.Call
	synctest.Test(t, func(t *testing.T) { calls = allCalls(t) })
	for _, c := range calls {
		needed[c.Service+":"+c.Action] = true
	}
	for a := range needed {
		if !allowed[a] {
			t.Errorf("docs/pools/aws.md: no policy allows %s", a)
		}
	}
	for a := range allowed {
		if !needed[a] {
			t.Errorf("docs/pools/aws.md: a policy allows %s, which nothing needs", a)
		}
	}
}

type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(o))
}
