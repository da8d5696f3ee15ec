// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/superoffice-webhook/operator/api/v1alpha1"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

const (
	defaultPreviousKey = "previous"
	// maxSecret is how many characters SuperOffice's field takes.
	maxSecret = 400
	// shortSecret is below what can be called one: 16 characters of base64 are 96 bits.
	shortSecret = 16
)

// Slot is a place for a shared secret. Like superoffice.Secret it does not print what is in it.
type Slot struct {
	// Name is what receivers call it: current or previous.
	Name string
	// Key in the Secret.
	Key string
	// Present tells whether the Secret has the key.
	Present bool

	value func() []byte
}

// NewSlot makes one that is there.
func NewSlot(name, key string, value []byte) Slot {
	value = bytes.Clone(value)
	return Slot{Name: name, Key: key, Present: true, value: func() []byte { return value }}
}

// Reveal returns the secret's bytes: to try variants of it, never to print it or what could be derived from it.
func (s Slot) Reveal() []byte {
	if s.value == nil {
		return nil
	}
	return bytes.Clone(s.value())
}

// Secret to sign with.
func (s Slot) Secret() superoffice.Secret { return superoffice.NewSecret(s.Reveal()) }

// Length of the secret in bytes.
func (s Slot) Length() int { return len(s.Reveal()) }

// Flaw is something in a secret that nobody puts there on purpose.
type Flaw struct {
	// Text says what it is, without anything of the value.
	Text string
	// Fatal tells that the secret cannot be the one in SuperOffice.
	Fatal bool
}

// Flaws are what is suspicious about a secret that is there.
func (s Slot) Flaws() []Flaw {
	value := s.Reveal()
	if !s.Present {
		return nil
	}
	if len(value) == 0 {
		return []Flaw{{"it is empty", true}}
	}
	var flaws []Flaw
	add := func(found, fatal bool, text string) {
		if found {
			flaws = append(flaws, Flaw{text, fatal})
		}
	}
	trimmed := bytes.TrimSpace(value)
	lineEnd := bytes.HasSuffix(value, []byte("\n")) || bytes.HasSuffix(value, []byte("\r"))
	add(lineEnd, true, "it ends with a line break, which counts as a part of it: make the Secret with --from-literal, or a file without one")
	add(!lineEnd && len(trimmed) < len(value), false, "it begins or ends with white space, which counts as a part of it")
	add(bytes.HasPrefix(value, []byte("\xef\xbb\xbf")), true, "it begins with a byte order mark, which an editor put there")
	add(!utf8.Valid(value), true, "it is not UTF-8, as what was typed in SuperOffice is")
	add(utf8.RuneCount(value) > maxSecret, true, fmt.Sprintf("it has more than the %d characters that SuperOffice takes", maxSecret))
	add(bytes.ContainsAny(trimmed, "\r\n"), true, "it has several lines")
	add(len(trimmed) > 1 && trimmed[0] == trimmed[len(trimmed)-1] && (trimmed[0] == '"' || trimmed[0] == '\''), false,
		"it is in quotation marks, which count as a part of it")
	add(len(value) < shortSecret, false, fmt.Sprintf("it is short: with less than %d characters it can be guessed", shortSecret))
	return flaws
}

// Slots reads the current secret and the one before, byte for byte. The first is always the current one; a slot whose key
// is not there is not Present. The error tells that the Secret could not be read.
func Slots(ctx context.Context, c client.Reader, webhook *v1alpha1.SuperOfficeWebhook) ([]Slot, error) {
	ref := webhook.Spec.Secret
	name := client.ObjectKey{Namespace: webhook.Namespace, Name: ref.Name}
	slots := []Slot{
		{Name: "current", Key: cmp.Or(string(ref.Key), defaultKey)},
		{Name: "previous", Key: cmp.Or(string(ref.PreviousKey), defaultPreviousKey)},
	}
	var secret corev1.Secret
	err := c.Get(ctx, name, &secret)
	switch {
	case apierrors.IsNotFound(err):
		return slots, fmt.Errorf("there is no Secret %s, which spec.secret of the resource names", name)
	case err != nil:
		return slots, fmt.Errorf("read Secret %s: %w", name, err)
	}
	for i, slot := range slots {
		if value, ok := secret.Data[slot.Key]; ok {
			slots[i] = NewSlot(slot.Name, slot.Key, value)
		}
	}
	return slots, nil
}
