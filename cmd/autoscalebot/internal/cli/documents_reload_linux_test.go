package cli

import (
	"slices"
	"strings"
)

const docFile = "root/etc/autoscalebot/autoscale.yaml"

// A bot in the background has its settings in a file, and then somebody edits the file. The commands that follow reach that bot until
// the step is over.
func edits(from, to string, s step) step {
	var former []string
	s.before = func(w *world) {
		w.t.Helper()
		former = slices.Clone(w.env)
		w.export("AUTOSCALE_FILE="+w.path(docFile), "MAX_DYNOS=", "HISTORY=memory", "ADMIN_ADDR=", "ADMIN_SOCKET="+w.path("reload.sock"))
		w.write(docFile, from)
		b := w.bot()
		b.wait("a decision", func() bool { return strings.Contains(b.log.String(), "held at") })
		w.write(docFile, to)
	}
	s.after = func(w *world) {
		w.t.Helper()
		w.bots[len(w.bots)-1].terminate()
		w.env = former
	}
	return s
}

func reloadStep() step {
	const from = "max_dynos: 5\nheartbeat_interval_in_seconds: 30\n"
	return edits(from, "max_dynos: 10\nheartbeat_interval_in_seconds: 10\nwebhook_secret: whsec_c2VjcmV0LW9mLXRoZS1ob29r\n",
		step{unlike: "the bot may see the change first; TestTheRunningBotReadsItsSettingsAgain compares it"})
}

func refusedReloadStep() step {
	const from = "min_dynos: 1\nheartbeat_interval_in_seconds: 30\nmax_dynos: 5\n"
	return edits(from, strings.Replace(from, "max_dynos: 5", "max_dynos: many", 1)+"increment: half\n", step{code: exitUsage})
}
