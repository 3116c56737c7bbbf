package settings

// Costs are the settings of what dynos cost, and what they may.
type Costs struct {
	Budget    Dollars `envconfig:"MONTHLY_BUDGET" desc:"What the dynos may cost in a calendar month, in dollars: where the month would [end beyond it](docs/settings.md#limits) scale-ups take more evidence, and beyond it there are none."`
	DynoPrice Dollars `envconfig:"DYNO_PRICE_PER_MONTH" desc:"What one dyno costs a month, in dollars; by default Heroku's list price of the dyno size, or of a pool ''SERVER_PRICE_PER_HOUR'' or what the provider says."`
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
