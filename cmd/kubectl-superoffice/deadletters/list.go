// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/superoffice-webhook/operator/receiver/deadletter"
)

// located is a dead letter of one of several receivers.
type located struct {
	Receiver string `json:"receiver"`
	deadletter.Letter
}

type list struct {
	options
	selection
	limit int
}

func (l *list) complete(args []string) error {
	args, err := l.options.complete(args)
	if err := errors.Join(err, noMore(args)); err != nil {
		return err
	}
	if l.limit < 0 {
		return errors.New("--limit must not be below 0")
	}
	return l.selection.complete(time.Now())
}

func (l *list) run(ctx context.Context, stdout, stderr io.Writer) error {
	found, err := l.open(ctx)
	if err != nil {
		return err
	}
	defer found.close()
	if err := found.check(l.refs); err != nil {
		return err
	}
	limit := l.limit
	if limit > 0 {
		limit++ // one more tells that there are more
	}
	letters := found.list(ctx, l.of, limit)
	more := l.limit > 0 && len(letters) > l.limit
	if more {
		letters = letters[:l.limit]
	}
	if err := l.write(stdout, letters, found.several()); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	switch {
	case more:
		fmt.Fprintf(stderr, "There are more than these %d: select some, or give --limit=0 for all.\n", l.limit)
	case len(letters) == 0 && len(found.failed) == 0 && !l.output.ForScripts():
		fmt.Fprintf(stderr, "There are no such dead letters in %s.\n", found.of)
	}
	return found.verdict(ctx)
}

func (l *list) write(w io.Writer, letters []located, several bool) error {
	if l.output.ForScripts() {
		return l.output.Document(w, letters)
	}
	return writeTable(w, letters, several)
}

// list asks for up to limit letters of each receiver and returns all, oldest first.
func (r *receivers) list(ctx context.Context, of func(receiver string) (deadletter.Selection, bool), limit int) []located {
	all := []located{}
	r.ask(func(one *receiver) error {
		s, applies := of(one.name)
		if !applies {
			return nil
		}
		letters, err := one.api.list(ctx, s, limit)
		for _, letter := range letters {
			all = append(all, located{one.name, letter})
		}
		return err
	})
	slices.SortStableFunc(all, func(a, b located) int { return a.Died.Compare(b.Died) })
	return all
}

// verdict is the error that tells of the receivers that could not be asked.
func (r *receivers) verdict(ctx context.Context) error {
	switch all := errors.Join(r.failed...); {
	case ctx.Err() != nil:
		return errors.New("interrupted")
	case all == nil:
		return nil
	case len(r.failed) < r.total():
		return fmt.Errorf("%w: %w", ErrPartial, all)
	default:
		return all
	}
}
