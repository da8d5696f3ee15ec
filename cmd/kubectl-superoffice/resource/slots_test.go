// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestFlaws(t *testing.T) {
	t.Parallel()
	const fine = "a secret that nobody guesses"
	for name, test := range map[string]struct {
		value string
		want  []string // what each begins with
	}{
		"nothing":            {fine, nil},
		"of another country": {"gemütlich-sehr-gemütlich", nil},
		"empty":              {"", []string{"it is empty"}},
		"a newline":          {fine + "\n", []string{"it ends with a line break"}},
		"a Windows newline":  {fine + "\r\n", []string{"it ends with a line break"}},
		"a space":            {" " + fine, []string{"it begins or ends with white space"}},
		"a byte order mark":  {"\ufeff" + fine, []string{"it begins with a byte order mark"}},
		"Latin 1":            {"gem\xfctlich-sehr-gem\xfctlich", []string{"it is not UTF-8"}},
		"several lines":      {fine + "\n" + fine, []string{"it has several lines"}},
		"quotation marks":    {`"` + fine + `"`, []string{"it is in quotation marks"}},
		"too long":           {strings.Repeat("ä", 401), []string{"it has more than the 400 characters"}},
		"as long as can be":  {strings.Repeat("ä", 400), nil},
		"short, with a line": {"short\n", []string{"it ends with a line break", "it is short"}},
	} {
		var got []string
		for i, flaw := range NewSlot("current", "secret", []byte(test.value)).Flaws() {
			begin := flaw.Text
			if i < len(test.want) {
				begin = begin[:min(len(begin), len(test.want[i]))]
			}
			got = append(got, begin)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestSlots(t *testing.T) {
	t.Parallel()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "sales", Name: "crm-webhook"},
		Data:       map[string][]byte{"secret": []byte("marker-of-the-secret\n")},
	}
	slots, err := Slots(t.Context(), clusterOf(secret), webhook())
	if err != nil {
		t.Fatal(err)
	}
	if len(slots) != 2 || !slots[0].Present || slots[1].Present || slots[0].Length() != 21 || slots[1].Length() != 0 {
		t.Errorf("%+v", slots)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if printed := fmt.Sprintf(format, slots); strings.Contains(printed, "marker") {
			t.Errorf("%s prints the secret: %s", format, printed)
		}
	}
	if _, err := Slots(t.Context(), clusterOf(), webhook()); text(err) != "there is no Secret sales/crm-webhook, which spec.secret of the resource names" {
		t.Error(err)
	}
	if _, err := Slots(t.Context(), failing(forbidden("secrets")), webhook()); text(err) != `read Secret sales/crm-webhook: secrets "crm" is forbidden: no` {
		t.Error(err)
	}
}
