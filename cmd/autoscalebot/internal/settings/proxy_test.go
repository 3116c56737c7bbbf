package settings_test

import (
	"strings"
	"testing"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings/settingstest"
)

func TestMalformedProxiesAreMistakes(t *testing.T) {
	env(t, "HTTP_PROXY=http://bot:"+secret+"@:3128", "HTTPS_PROXY=bot:"+secret+"@proxy:0", "ALL_PROXY=socks4://bot:"+secret+"@proxy")
	_, err := settingstest.Load()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		if !strings.Contains(err.Error(), "\n  "+name+": ") {
			t.Errorf("%s is not named in\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), secret) {
		t.Errorf("a password is shown in\n%v", err)
	}
	env(t, "HTTP_PROXY=proxy:3128", "HTTPS_PROXY=http://bot:"+secret+"@proxy", "ALL_PROXY=socks5h://proxy")
	if _, err := settingstest.Load(); err != nil {
		t.Error(err)
	}
}
