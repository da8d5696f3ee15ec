// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"errors"
	"net/url"
)

// WithoutURL drops the URL that net/url and net/http put in front of an error: it may hold a password or a key.
func WithoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
