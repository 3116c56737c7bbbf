package settings

// Costs are the settings of what dynos cost, and what they may.
type Costs struct {
	Budget    Dollars `envconfig:"MONTHLY_BUDGET" desc:"What the dynos may cost in a calendar month, in dollars. Where the month would end beyond it, a scale-up takes twice the evidence of the rule that asks for it (slow heartbeats, readings of a signal, a window, a breach duration); beyond it no dynos are added. The limits hold all the same."`
	DynoPrice Dollars `envconfig:"DYNO_PRICE_PER_MONTH" desc:"What one dyno costs a month, in dollars. By default Heroku's list price of the dyno size; of a pool ''SERVER_PRICE_PER_HOUR'' or what the provider says; elsewhere ''MONTHLY_BUDGET'' needs it."`
}

func (ps *Problems) checkCosts(s *Settings) {
	switch {
	case s.Budget == 0 || s.DynoPrice > 0 || s.Platform == "heroku" || s.tellsPrice():
	case s.HasPool():
		ps.add("SERVER_PRICE_PER_HOUR", "is not set, and POOL_PROVIDER=%s tells no price; MONTHLY_BUDGET needs one", s.PoolProvider)
	default:
		ps.add("DYNO_PRICE_PER_MONTH", "is not set, and PLATFORM=%s tells no price; MONTHLY_BUDGET needs one", s.Platform)
	}
}

// tellsPrice says whether the platform tells what a dyno costs.
func (s *Settings) tellsPrice() bool {
	return s.HasPool() && (s.ServerPrice.Known() || s.PoolProvider == "digitalocean")
}
