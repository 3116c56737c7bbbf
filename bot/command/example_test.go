package command_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/autoscalebot/autoscalebot/bot/command"
)

func ExampleNew() {
	p, err := command.New(command.Options{
		Count: "kubectl get deployment web --output 'jsonpath={.spec.replicas}'",
		Scale: "kubectl scale deployment web --replicas=$DYNOS",
		Env:   []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/root"},
	})
	fmt.Println(p != nil, err)

	_, err = command.New(command.Options{Scale: "./scale.sh"})
	fmt.Println(err)
	// Output:
	// true <nil>
	// COUNT_COMMAND is not set: must be a command that prints the number of dynos
}

// Here a file plays the platform.
func ExamplePlatform_Resize() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "dynos"), []byte("2\n"), 0o600); err != nil {
		panic(err)
	}

	p, err := command.New(command.Options{
		Count: "cat dynos",
		Scale: "echo $1 >dynos",
		Dir:   dir,
		Env:   []string{"PATH=/usr/local/bin:/usr/bin:/bin"},
	})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	n, _, err := p.Size(ctx)
	fmt.Println(n, err)
	fmt.Println(p.Resize(ctx, 5))
	n, _, err = p.Size(ctx)
	fmt.Println(n, err)
	// Output:
	// 2 <nil>
	// <nil>
	// 5 <nil>
}
