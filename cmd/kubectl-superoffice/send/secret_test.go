// SPDX-License-Identifier: Apache-2.0

package send

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

func TestSecret(t *testing.T) {
	const variable = "SUPEROFFICE_TEST_SECRET"
	t.Setenv(variable, secretMarker+"\n")
	t.Setenv(variable+"_EMPTY", "")
	plain, line := writeFile(t, "plain", secretMarker), writeFile(t, "line", secretMarker+"\n")
	empty, missing := writeFile(t, "empty", ""), filepath.Join(t.TempDir(), "missing")
	for name, test := range map[string]struct {
		args   []string
		secret string // that signs
		note   string
		err    string
	}{
		"is a file, byte for byte": {
			args:   []string{"--secret-file", plain},
			secret: secretMarker,
		},
		"is a file with its newline, which is noted": {
			args:   []string{"--secret-file", line},
			secret: secretMarker + "\n",
			note:   "note: " + line + " ends with a newline, which is taken for a part of the secret\n",
		},
		"is an environment variable, byte for byte": {
			args:   []string{"--secret-env", variable},
			secret: secretMarker + "\n",
		},
		"is not an empty file": {
			args: []string{"--secret-file", empty},
			err:  "the secret is empty",
		},
		"is not an empty variable": {
			args: []string{"--secret-env", variable + "_EMPTY"},
			err:  "the secret is empty",
		},
		"is not a file that there is not": {
			args: []string{"--secret-file", missing},
			err:  "read the secret: open " + missing + ": no such file or directory",
		},
		"is not a variable that is not set": {
			args: []string{"--secret-env", variable + "_UNSET"},
			err:  "the environment variable " + variable + "_UNSET, which --secret-env names, is not set",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := serve(t, nil)
			s := run(t, append([]string{"--url", e.URL}, test.args...)...)
			if s.message() != test.err {
				t.Errorf("the error is %q, want %q", s.message(), test.err)
			}
			if s.stderr != test.note {
				t.Errorf("the note is %q, want %q", s.stderr, test.note)
			}
			requests := e.all()
			if test.err != "" {
				if len(requests) > 0 {
					t.Error("something was posted all the same")
				}
				return
			}
			secrets := []superoffice.Secret{superoffice.NewSecret([]byte(test.secret))}
			_, err := superoffice.Verify(secrets, []byte(requests[0].body), requests[0].header.Get(superoffice.HeaderSignature))
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSecrecy posts to URLs that hold secrets in every place that is meant for them. What every run is searched for is
// in said.keepsSecrets.
func TestSecrecy(t *testing.T) {
	t.Parallel()
	e := serve(t, nil)
	for name, test := range map[string]struct {
		url   string
		shown string // where a target can be shown
	}{
		"the query":    {e.URL + "/webhook?code=" + urlMarker, e.URL + "/webhook"},
		"the fragment": {e.URL + "/webhook#" + urlMarker, e.URL + "/webhook"},
		"the password": {strings.Replace(e.URL, "//", "//user:"+urlMarker+"@", 1), e.URL},
		"the password of an endpoint that is down":       {"http://user:" + urlMarker + "@127.0.0.1:1/webhook", nobody},
		"the password of an endpoint that speaks no TLS": {strings.Replace(e.URL, "http://", "https://user:"+urlMarker+"@", 1), ""},
	} {
		for _, args := range [][]string{nil, {"-o", "json"}, {"--forge"}, {"-n", "3"}} {
			t.Run(name+" "+strings.Join(args, " "), func(t *testing.T) {
				t.Parallel()
				s := run(t, append([]string{"--url", test.url, "--secret-file", writeFile(t, "secret", secretMarker)}, args...)...)
				if !strings.Contains(s.stdout, test.shown) {
					t.Errorf("the target %s is not shown: %s", test.shown, s.stdout)
				}
			})
		}
	}
}
