package dashboard_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(closing{m}) }

type closing struct{ m *testing.M }

func (c closing) Run() int {
	defer chromium.Close()
	return c.m.Run()
}
