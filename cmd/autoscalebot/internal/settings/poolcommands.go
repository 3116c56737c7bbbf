package settings

// PoolCommands configures a provider of commands.
type PoolCommands struct {
	PoolList    Text `envconfig:"POOL_LIST_COMMAND" desc:"Own scripts: prints the pool's servers as JSON."`
	PoolCreate  Text `envconfig:"POOL_CREATE_COMMAND" desc:"Own scripts: creates the server ''$SERVER_NAME'' of the size ''$SERVER_SIZE''."`
	PoolDestroy Text `envconfig:"POOL_DESTROY_COMMAND" desc:"Own scripts: destroys the server ''$SERVER_ID''."`
}

func (ps *Problems) checkPoolCommands(s *Settings) {
	ps.need("POOL_LIST_COMMAND", string(s.PoolList), "set a command that prints the pool's servers as JSON")
	ps.need("POOL_CREATE_COMMAND", string(s.PoolCreate), "set a command that creates a server")
	ps.need("POOL_DESTROY_COMMAND", string(s.PoolDestroy), "set a command that destroys a server")
}
