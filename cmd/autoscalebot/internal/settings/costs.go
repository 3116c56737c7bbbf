package settings

// Costs configures the price of dynos and the budget.
type Costs struct {
	Budget    Dollars `envconfig:"MONTHLY_BUDGET" desc:"Maximum cost of the dynos in a calendar month, in dollars; at the budget, no dynos are added."`
	DynoPrice Dollars `envconfig:"DYNO_PRICE_PER_MONTH" desc:"Price of one dyno a month, in dollars; default: Heroku's list price, or the price of a pool's server."`
}

func (ps *Problems) checkCosts(s *Settings) {
	switch {
	case s.Budget == 0 || s.DynoPrice > 0 || s.Platform == "heroku" || s.tellsPrice():
	case s.HasPool():
		ps.add("SERVER_PRICE_PER_HOUR", "is not set; MONTHLY_BUDGET needs it because POOL_PROVIDER=%s "+
			"reports no prices",
			s.PoolProvider)
	default:
		ps.add("DYNO_PRICE_PER_MONTH", "is not set; MONTHLY_BUDGET needs it because PLATFORM=%s reports no prices",
			s.Platform)
	}
}

func (s *Settings) tellsPrice() bool {
	return s.HasPool() && (s.ServerPrice.Known() || s.PoolProvider == "digitalocean")
}
