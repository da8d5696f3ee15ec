// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
)

type show struct {
	options
	ref  reference
	body bool
}

func (s *show) complete(args []string) error {
	args, err := s.options.complete(args)
	switch {
	case err != nil:
		return err
	case len(args) == 0:
		return errors.New("name the dead letter to show, as list does")
	case len(args) > 1:
		return fmt.Errorf("one dead letter is shown at a time; %q is too much", args[1])
	case s.body && s.output != output.Text:
		return errors.New("--body and --output exclude each other")
	}
	s.ref, err = parseReference(args[0])
	return err
}

func (s *show) run(ctx context.Context, stdout io.Writer) error {
	receivers, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer receivers.close()
	letter, err := s.find(ctx, receivers)
	if err != nil {
		return err
	}
	switch {
	case s.body:
		_, err = stdout.Write(letter.Body())
	case s.output.ForScripts():
		err = s.output.Document(stdout, letter)
	default:
		err = writeLetter(stdout, letter, receivers.several())
	}
	if err != nil {
		return fmt.Errorf("write the dead letter: %w", err)
	}
	return nil
}

// find asks all receivers for an id that comes without one: most of the time only one of them has it.
func (s *show) find(ctx context.Context, r *receivers) (*located, error) {
	if s.ref.receiver != "" {
		if err := r.check([]reference{s.ref}); err != nil {
			return nil, err
		}
	}
	var found []*located
	r.ask(func(one *receiver) error {
		if s.ref.receiver != "" && s.ref.receiver != one.name {
			return nil
		}
		letter, err := one.api.show(ctx, s.ref.id)
		var answer *refusal
		switch {
		case errors.As(err, &answer) && answer.status == http.StatusNotFound:
			return nil
		case err != nil:
			return err
		}
		found = append(found, &located{one.name, *letter})
		return nil
	})
	switch failed := r.verdict(ctx); {
	case len(found) == 1:
		return found[0], nil // whatever became of the others
	case failed != nil:
		return nil, failed
	case len(found) == 0:
		return nil, fmt.Errorf("there is no dead letter %d in %s", s.ref.id, r.of)
	default:
		var names []string
		for _, l := range found {
			names = append(names, l.name(true))
		}
		return nil, fmt.Errorf("several receivers have a dead letter %d: name one of %s", s.ref.id, strings.Join(names, ", "))
	}
}
