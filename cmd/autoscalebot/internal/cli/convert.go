package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/cfautoscaler"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/document"
	"github.com/autoscalebot/autoscalebot/cmd/autoscalebot/internal/settings"
)

func newConvert() *cobra.Command {
	var from, to string
	strict := false
	cmd := &cobra.Command{
		Use:   "convert --to manifest|policy|autoscale [FILE|-]",
		Short: "Convert between App Autoscaler's documents and a settings file",
		Long: `Read the limits, the schedule and the rules from a document in one format, and
write them to standard output in another:

  manifest   YAML of the App Autoscaler by Pivotal and VMware
  policy     JSON of Cloud Foundry's open-source App Autoscaler
  autoscale  settings file of autoscalebot, for AUTOSCALE_FILE

Parts without an equivalent are listed on standard error. With --strict they
are an error, and nothing is written.

Exit codes: 0 if the document is written, 1 if --strict prevents it, 2 if the
document is invalid.`,
		Example: `  autoscalebot convert --to autoscale policy.json > autoscale.yaml
  autoscalebot convert --to policy autoscale.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, text, err := input(cmd.InOrStdin(), args)
			if err != nil {
				return err
			}
			now := time.Now()
			p, err := readPlan(name, text, cfautoscaler.Format(from), now)
			if err != nil {
				return err
			}
			out := writePlan(p, cfautoscaler.Format(to), now)
			for _, note := range p.Notes {
				fmt.Fprintf(cmd.ErrOrStderr(), "convert: %s\n", note)
			}
			if n := len(p.Notes); strict && n > 0 {
				return fmt.Errorf("%d parts have no equivalent in the other format, so nothing is written", n)
			}
			_, err = cmd.OutOrStdout().Write(out)
			return err
		},
	}
	cmd.Flags().StringVar(&from, "from", "",
		"`format` of the document: manifest, policy or autoscale (default: guessed)")
	cmd.Flags().StringVar(&to, "to", "", "`format` to write: manifest, policy or autoscale (required)")
	cmd.Flags().BoolVar(&strict, "strict", false, "fail if a part has no equivalent")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		return errors.Join(isFormat("--from", from, true), isFormat("--to", to, false))
	}
	return cmd
}

func isFormat(flag, text string, optional bool) error {
	switch f := cfautoscaler.Format(text); {
	case f == cfautoscaler.Manifest, f == cfautoscaler.Policy, f == cfautoscaler.Autoscale, text == "" && optional:
		return nil
	}
	return settings.Problems{{Name: flag, What: fmt.Sprintf("%q: must be manifest, policy or autoscale", text)}}
}

func input(stdin io.Reader, args []string) (name string, text []byte, err error) {
	if len(args) == 0 || args[0] == "-" {
		text, err = document.Read(stdin)
		if err != nil {
			return "", nil, fmt.Errorf("read standard input: %w", err)
		}
		return "standard input", text, nil
	}
	f, err := os.Open(args[0])
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	text, err = document.Read(f)
	if err != nil {
		return "", nil, fmt.Errorf("read %s: %w", args[0], err)
	}
	return args[0], text, nil
}

type wrongDocument struct{ problems settings.Problems }

func (w wrongDocument) Error() string {
	texts := make([]string, len(w.problems))
	for i, p := range w.problems {
		texts[i] = p.String()
	}
	return strings.Join(texts, "\n  ")
}

func (w wrongDocument) Unwrap() error { return w.problems }

func readPlan(name string, text []byte, format cfautoscaler.Format, now time.Time) (*cfautoscaler.Plan, error) {
	root, err := document.Parse(text)
	var p *cfautoscaler.Plan
	if err == nil {
		if format == "" {
			format = cfautoscaler.Guess(root)
		}
		if format == cfautoscaler.Autoscale {
			p, err = settings.ReadPlan(root, name, now)
		} else {
			p, err = cfautoscaler.Read(root, format, now)
		}
	}
	var problems settings.Problems
	if errors.As(err, &problems) {
		return nil, wrongDocument{problems}
	}
	var mistakes document.Mistakes
	if errors.As(err, &mistakes) {
		for _, m := range mistakes {
			at := name
			if m.Line > 0 {
				at = fmt.Sprintf("%s:%d", name, m.Line)
			}
			problems = append(problems, settings.Problem{At: at, What: m.What})
		}
		return nil, wrongDocument{problems}
	}
	return p, err
}

func writePlan(p *cfautoscaler.Plan, format cfautoscaler.Format, now time.Time) []byte {
	switch format {
	case cfautoscaler.Manifest:
		return p.Manifest(now)
	case cfautoscaler.Policy:
		return p.Policy()
	}
	return p.Autoscale()
}
