package settings

// Costs are the settings of what dynos cost, and what they may.
type Costs struct {
	Budget    Dollars `envconfig:"MONTHLY_BUDGET" desc:"Maximum cost of the dynos in a calendar month, in dollars; at the budget, no dynos are added."`
	DynoPrice Dollars `envconfig:"DYNO_PRICE_PER_MONTH" desc:"Price of one dyno a month, in dollars; default: Heroku's list price, or the price of a pool's server."`
}

func (ps *Problems) checkCosts(s *Settings) {
	switch {
	case s.Budget == 0 || s.DynoPrice > 0 || s.Platform == "heroku" || s.tellsPrice():
	case s.HasPool():
		ps.add("SERVER_PRICE_PER_HOUR", "is not set, and POOL_PROVIDER=%s tells no price; MONTHLY_BUDGET needs one",
			s.PoolProvider)
	default:
		ps.add("DYNO_PRICE_PER_MONTH", "is not set, and PLATFORM=%s tells no price; MONTHLY_BUDGET needs one",
			s.Platform)
	}
}

func (s *Settings) tellsPrice() bool {
	return s.HasPool() && (s.ServerPrice.Known() || s.PoolProvider == "digitalocean")
}
