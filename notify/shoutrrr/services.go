package shoutrrr

import (
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/discord"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/googlechat"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/lark"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/matrix"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/mattermost"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/rocketchat"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/signal"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/teams"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/wecom"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/zulip"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/incident/opsgenie"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/bark"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/gotify"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/ifttt"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/join"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/pushbullet"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/pushover"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

type kind struct {
	make func() types.Service
	// The service shows a title above the message. The others refuse it, drop it or use it for something else.
	titled bool
}

// The keys are the schemes of the services' URLs. The library's own table would add 5 MB: its generic service and
// mailer need Go's template engine, with which the linker cannot remove unused code.
func kinds() map[string]kind {
	return map[string]kind{
		"bark":       {func() types.Service { return &bark.Service{} }, true},
		"discord":    {func() types.Service { return &discord.Service{} }, true},
		"googlechat": {func() types.Service { return &googlechat.Service{} }, false},
		"gotify":     {func() types.Service { return &gotify.Service{} }, true},
		"ifttt":      {func() types.Service { return &ifttt.Service{} }, false},
		"join":       {func() types.Service { return &join.Service{} }, true},
		"lark":       {func() types.Service { return &lark.Service{} }, false},
		"matrix":     {func() types.Service { return &matrix.Service{} }, false},
		"mattermost": {func() types.Service { return &mattermost.Service{} }, false},
		"ntfy":       {func() types.Service { return &ntfyService{} }, true},
		"opsgenie":   {func() types.Service { return &opsgenie.Service{} }, false},
		"pushbullet": {func() types.Service { return &pushbullet.Service{} }, true},
		"pushover":   {func() types.Service { return &pushover.Service{} }, true},
		"rocketchat": {func() types.Service { return &rocketchat.Service{} }, false},
		"signal":     {func() types.Service { return &signal.Service{} }, false},
		"teams":      {func() types.Service { return &teams.Service{} }, false},
		"telegram":   {func() types.Service { return &telegram.Service{} }, true},
		"wecom":      {func() types.Service { return &wecom.Service{} }, false},
		"zulip":      {func() types.Service { return &zulip.Service{} }, false},
	}
}
