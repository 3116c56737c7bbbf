package pool

type stage string

const (
	stageMaking   stage = "making"   // ordered, not running yet
	stageChecking stage = "checking" // runs, and has not passed enough health checks yet
	stageReady    stage = "ready"    // healthy, not behind the balancer yet
	stageJoining  stage = "joining"  // behind the balancer, which sends it no requests yet
	stageServing  stage = "serving"  // gets requests
	stageDown     stage = "down"     // was in rotation, fails, and gets no requests
	stageDraining stage = "draining" // gets no new requests
	stageDrained  stage = "drained"  // has no requests left
	stageOff      stage = "off"      // switched off
	stageFailed   stage = "failed"   // could not be created
	stageEnding   stage = "ending"   // being destroyed
)

type tracked struct {
	Server
	track
	stage  stage
	member *Member
}

func (s *tracked) halfMade() bool { return !s.leaving() && !s.served }

func (s *tracked) leaving() bool { return s.leavesFor != "" || s.stage == stageEnding }

func (s *tracked) stays() bool { return !s.leaving() && s.served }

func (t *track) stage(s Server, member *Member, o *Options) stage {
	switch {
	case s.State == Ending || !t.ended.IsZero():
		return stageEnding
	case member != nil && member.State == Draining:
		return stageDraining
	case member != nil && member.State == Drained:
		return stageDrained
	case member != nil && member.State == Serving:
		return stageServing
	case member != nil && t.served:
		return stageDown
	case member != nil:
		return stageJoining
	case s.State == Failed:
		return stageFailed
	case s.State == Making:
		return stageMaking
	case s.State == Off:
		return stageOff
	case o.Balancer == nil && (t.served && t.failsSince.IsZero() || t.passes >= o.HealthyAfter):
		return stageServing
	case o.Balancer == nil && t.served:
		return stageDown
	case o.Balancer != nil && t.passes >= o.HealthyAfter:
		return stageReady
	}
	return stageChecking
}
