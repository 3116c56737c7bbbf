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
		Short: "Turn a document of Cloud Foundry's App Autoscaler into a settings file, and back",
		Long: `Reads limits, schedule and rules from a document, and writes them in another form:

  manifest   of App Autoscaler as Pivotal and VMware sell it, as YAML
  policy     of Cloud Foundry's open-source App Autoscaler, as JSON
  autoscale  a settings file of autoscalebot, for AUTOSCALE_FILE

What cannot be said in the other form is told on standard error, each with what became of it; with --strict nothing is written then.
Exit code 0 when it is written, 1 when --strict keeps it from that, 2 when the document is wrong.`,
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
				return fmt.Errorf("%d things cannot be said there as they stand, so nothing is written", n)
			}
			_, err = cmd.OutOrStdout().Write(out)
			return err
		},
	}
	cmd.Flags().StringVar(&from, "from", "",
		"the form of the document: manifest, policy or autoscale (guessed otherwise)")
	cmd.Flags().StringVar(&to, "to", "", "the form to write: manifest, policy or autoscale")
	cmd.Flags().BoolVar(&strict, "strict", false, "write nothing where something cannot be said")
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
	return settings.Problems{{Name: flag, What: fmt.Sprintf("%q: write manifest, policy or autoscale", text)}}
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
