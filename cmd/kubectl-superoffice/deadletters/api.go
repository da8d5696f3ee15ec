// SPDX-License-Identifier: Apache-2.0

package deadletters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/resource"
	"github.com/superoffice-webhook/operator/receiver/deadletter"
)

// maxPage is how many letters a receiver lists at a time.
const maxPage = 1000

// api is the admin port of one receiver.
type api struct {
	base    *url.URL
	timeout time.Duration
	client  *http.Client
}

// list returns up to limit letters, oldest first; all of them when limit is 0.
func (a *api) list(ctx context.Context, s deadletter.Selection, limit int) ([]deadletter.Letter, error) {
	var all []deadletter.Letter
	query := s.Values()
	for limit == 0 || len(all) < limit {
		size := maxPage
		if limit > 0 {
			size = min(size, limit-len(all))
		}
		query.Set("limit", strconv.Itoa(size))
		var page []deadletter.Letter
		if err := a.call(ctx, http.MethodGet, query, a.timeout, &page, "dead-letters"); err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < size {
			break
		}
		query.Set("after", strconv.FormatUint(page[len(page)-1].ID, 10))
	}
	return all, nil
}

func (a *api) show(ctx context.Context, id uint64) (*deadletter.Letter, error) {
	var letter deadletter.Letter
	if err := a.call(ctx, http.MethodGet, nil, a.timeout, &letter, "dead-letters", strconv.FormatUint(id, 10)); err != nil {
		return nil, err
	}
	return &letter, nil
}

// replay replays some letters, so many a second; 0: as fast as it can.
func (a *api) replay(ctx context.Context, query url.Values, perSecond float64) (result deadletter.Replayed, err error) {
	patience := a.timeout
	if perSecond > 0 {
		query.Set("rate", strconv.FormatFloat(perSecond, 'f', -1, 64))
		patience += time.Duration(float64(len(query[deadletter.ParameterID])) / perSecond * float64(time.Second))
	}
	err = a.call(ctx, http.MethodPost, query, patience, &result, "dead-letters", "replay")
	return result, err
}

func (a *api) purge(ctx context.Context, query url.Values) (result deadletter.Purged, err error) {
	err = a.call(ctx, http.MethodDelete, query, a.timeout, &result, "dead-letters")
	return result, err
}

// refusal is an answer that tells of an error.
type refusal struct {
	status int
	text   string
	done   int
}

func (r *refusal) Error() string { return r.text }

func (a *api) call(ctx context.Context, method string, query url.Values, patience time.Duration, into any, path ...string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("no answer within %s", patience))
	defer cancel()
	target := a.base.JoinPath(path...)
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, method, target.String(), http.NoBody)
	if err != nil {
		return resource.WithoutURL(err)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return reason(ctx, err)
	}
	defer response.Body.Close() //nolint:errcheck // nothing was written
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", reason(ctx, err))
	}
	if response.StatusCode != http.StatusOK {
		return refused(response, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("it answers with something else than a receiver's admin port: %w", err)
	}
	return nil
}

// doneBefore is how much was done before the error.
func doneBefore(err error) int {
	var answer *refusal
	if errors.As(err, &answer) {
		return answer.done
	}
	return 0
}

func refused(response *http.Response, body []byte) error {
	var document deadletter.Failure
	if err := json.Unmarshal(body, &document); err != nil || document.Error == "" {
		return fmt.Errorf("it answers %s: is that the admin port of a receiver of this version?", response.Status)
	}
	return &refusal{response.StatusCode, strings.TrimSpace(document.Error), document.Done}
}

// reason prefers the cause of a context's end, which says which limit was hit.
func reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return resource.WithoutURL(err)
}
