// SPDX-License-Identifier: Apache-2.0

package render

import (
	"encoding/json"
	"errors"
	"fmt"

	strict "sigs.k8s.io/json"
)

// decode reads a part of an object of Kubernetes that the resource's own schema leaves open: into the API's type, which
// knows all fields, and so refuses others, and, if it is given, into an apply configuration, which keeps apart what is not
// said and what is empty.
func decode(at string, raw []byte, kind, configuration any) error {
	unknown, err := strict.UnmarshalStrict(raw, kind)
	if err := errors.Join(append(unknown, err)...); err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	if configuration == nil {
		return nil
	}
	if err := json.Unmarshal(raw, configuration); err != nil {
		return fmt.Errorf("%s: %w", at, err)
	}
	return nil
}
