// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/config"
	"github.com/superoffice-webhook/operator/receiver/superoffice"
)

// marker is in each value that must not be told.
const marker = "hunter2"

// rotating is a configuration with two secrets, the previous one optional, and one header from a file.
func rotating(c *config.Config) {
	c.Intake.Secrets = []config.SharedSecret{{Name: "current", File: "secret"}, {Name: "previous", File: "previous", Optional: true}}
	c.Sinks[0].HTTP.Headers = []config.Header{{Name: "x-key", File: "erp/key"}, {Name: "X-Team", Value: ptr("sales")}}
}

func allOptional(c *config.Config) {
	rotating(c)
	c.Intake.Secrets[0].Optional = true
}

func read(t *testing.T, c *config.Config, files map[string]string) (*config.Secrets, error) {
	t.Helper()
	folder := t.TempDir()
	write(t, folder, files)
	return c.ReadSecrets(folder)
}

func slot(name, value string) config.Slot {
	return config.Slot{Name: name, Secret: superoffice.NewSecret([]byte(value))}
}

func TestReadSecrets(t *testing.T) {
	secretsEqual := cmp.Comparer(func(a, b superoffice.Secret) bool { return a.Equal(b) })
	longest := strings.Repeat("ü", 400) + strings.Repeat("😀", 200)
	for name, c := range map[string]struct {
		files    map[string]string
		shared   []config.Slot
		key      string
		warnings []string
	}{
		"reads all files": {
			map[string]string{"secret": marker + "c", "previous": marker + "p", "erp/key": marker},
			[]config.Slot{slot("current", marker+"c"), slot("previous", marker+"p")},
			marker, nil,
		},
		"leaves out an optional secret that is absent": {
			map[string]string{"secret": marker + "c", "erp/key": marker}, []config.Slot{slot("current", marker+"c")}, marker, nil,
		},
		"keeps a secret as it is, white space included, and warns of a line end": {
			map[string]string{"secret": " " + marker + "\t\r\n", "previous": marker + " ", "erp/key": marker},
			[]config.Slot{slot("current", " "+marker+"\t\r\n"), slot("previous", marker+" ")},
			marker,
			[]string{`secret "current": the file secret ends with a line break, which counts as part of the secret; was it written by an editor?`},
		},
		"takes a secret as long as SuperOffice's field": {
			map[string]string{"secret": longest, "erp/key": marker}, []config.Slot{slot("current", longest)}, marker, nil,
		},
		"leaves one line end of a sink's secret out": {
			map[string]string{"secret": marker, "erp/key": marker + "\n"}, []config.Slot{slot("current", marker)}, marker, nil,
		},
		"leaves one line end as Windows writes it out": {
			map[string]string{"secret": marker, "erp/key": marker + "\r\n"}, []config.Slot{slot("current", marker)}, marker, nil,
		},
		"keeps tabs, spaces and letters of any alphabet": {
			map[string]string{"secret": marker, "erp/key": " " + marker + "\tü "}, []config.Slot{slot("current", marker)}, " " + marker + "\tü ", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, with(rotating), c.files)
			if err != nil {
				t.Fatal(err)
			}
			want := &config.Secrets{
				Shared: c.shared, Warnings: c.warnings,
				Files:   map[string]config.Files{"erp": {"erp/key": c.key}},
				Headers: map[string]http.Header{"erp": {"X-Key": {c.key}, "X-Team": {"sales"}}},
			}
			if diff := cmp.Diff(want, got, secretsEqual, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			untold(t, strings.Join(got.Warnings, "\n"))
		})
	}
}

func TestReadSecretsRefuses(t *testing.T) {
	const (
		noKey   = "sinks[0].http.headers[0].file: the file erp/key cannot be read: no such file or directory"
		control = "sinks[0].http.headers[0].file: the file erp/key holds a line break or another control character"
	)
	for name, c := range map[string]struct {
		change func(*config.Config)
		files  map[string]string
		want   string
	}{
		"a missing secret": {
			rotating,
			map[string]string{"previous": marker, "erp/key": marker},
			`secret "current": the file secret cannot be read: no such file or directory`,
		},
		"a folder in place of a secret": {
			rotating,
			map[string]string{"secret/a": marker, "erp/key": marker},
			`secret "current": the file secret cannot be read: is a directory`,
		},
		"an empty secret": {
			rotating, map[string]string{"secret": "", "erp/key": marker}, `secret "current": the file secret is empty`,
		},
		"a folder in place of an optional secret": {
			rotating,
			map[string]string{"secret": marker, "previous/a": marker, "erp/key": marker},
			`secret "previous": the file previous cannot be read: is a directory`,
		},
		"an empty secret, optional or not": {
			rotating, map[string]string{"secret": marker, "previous": "", "erp/key": marker}, `secret "previous": the file previous is empty`,
		},
		"a secret that is too long": {
			rotating,
			map[string]string{"secret": marker + strings.Repeat("x", 1594), "erp/key": marker},
			`secret "current": the file secret has 1601 bytes, more than SuperOffice can hold`,
		},
		"no secret at all, though each is optional": {
			allOptional,
			map[string]string{"erp/key": marker},
			"intake.secrets: all are optional and none is there, so no signature could be verified",
		},
		"an optional secret that is there and wrong, in one line": {
			allOptional, map[string]string{"secret": "", "erp/key": marker}, `secret "current": the file secret is empty`,
		},
		"a missing header":                   {rotating, map[string]string{"secret": marker}, noKey},
		"an empty header":                    {rotating, map[string]string{"secret": marker, "erp/key": ""}, "sinks[0].http.headers[0].file: the file erp/key is empty"},
		"a header of one line end":           {rotating, map[string]string{"secret": marker, "erp/key": "\n"}, "sinks[0].http.headers[0].file: the file erp/key is empty"},
		"a header of two lines":              {rotating, map[string]string{"secret": marker, "erp/key": marker + "\n" + marker}, control},
		"a header that ends with two":        {rotating, map[string]string{"secret": marker, "erp/key": marker + "\n\n"}, control},
		"a header with a carriage return":    {rotating, map[string]string{"secret": marker, "erp/key": "a\r" + marker}, control},
		"a header with a NUL":                {rotating, map[string]string{"secret": marker, "erp/key": marker + "\x00"}, control},
		"a header with DEL":                  {rotating, map[string]string{"secret": marker, "erp/key": marker + "\x7f"}, control},
		"everything that is wrong, one line": {rotating, map[string]string{"previous": ""}, "secret \"current\": the file secret cannot be read: no such file or directory\nsecret \"previous\": the file previous is empty\n" + noKey},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(t, with(c.change), c.files)
			fails(t, err, c.want)
			untold(t, err.Error())
			if got != nil {
				t.Error("there are secrets beside the error")
			}
		})
	}
}

// untold checks that no value of a file is in a text.
func untold(t *testing.T, text string) {
	t.Helper()
	for _, form := range []string{marker, fmt.Sprintf("%x", marker), strings.Trim(fmt.Sprint([]byte(marker)), "[]")} {
		if strings.Contains(text, form) {
			t.Errorf("a value is in\n%s", text)
		}
	}
}

// A volume of Kubernetes is made of symbolic links, and a change swaps one of them.
func TestReadSecretsFollowsTheLinksOfAVolume(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, map[string]string{"..1/secret": "one", "..2/secret": "two"})
	data := filepath.Join(folder, "..data")
	for _, link := range [][2]string{{"..1", data}, {filepath.Join("..data", "secret"), filepath.Join(folder, "secret")}} {
		if err := os.Symlink(link[0], link[1]); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"one", "two"} {
		s, err := minimal().ReadSecrets(folder)
		if err != nil {
			t.Fatal(err)
		}
		if !s.Shared[0].Secret.Equal(superoffice.NewSecret([]byte(want))) {
			t.Errorf("it is not secret %s", want)
		}
		if err := os.Symlink("..2", data+"_tmp"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(data+"_tmp", data); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSecretsEqual(t *testing.T) {
	files := map[string]string{"secret": "c", "previous": "p", "erp/key": "k"}
	first, err := read(t, with(rotating), files)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*config.Config)
		files  map[string]string
		want   bool
	}{
		"are equal when read again":       {nil, nil, true},
		"differ by the current secret":    {nil, map[string]string{"secret": "d"}, false},
		"differ by the previous secret":   {nil, map[string]string{"previous": "q"}, false},
		"differ by secrets that swapped":  {nil, map[string]string{"secret": "p", "previous": "c"}, false},
		"differ by a header":              {nil, map[string]string{"erp/key": "l"}, false},
		"differ by the name of a slot":    {func(c *config.Config) { c.Intake.Secrets[0].Name = "first" }, nil, false},
		"differ by the number of secrets": {func(c *config.Config) { c.Intake.Secrets = c.Intake.Secrets[:1] }, nil, false},
		"differ by the name of a sink":    {func(c *config.Config) { c.Sinks[0].Name = "crm" }, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			changed := with(rotating)
			if c.change != nil {
				c.change(changed)
			}
			all := map[string]string{}
			for _, some := range []map[string]string{files, c.files} {
				for name, content := range some {
					all[name] = content
				}
			}
			second, err := read(t, changed, all)
			if err != nil {
				t.Fatal(err)
			}
			if first.Equal(second) != c.want || second.Equal(first) != c.want {
				t.Errorf("Equal is not %t", c.want)
			}
		})
	}
}

// The certificate of intake is read whole; who signed it may be left unsaid.
func TestReadCertificate(t *testing.T) {
	encrypted := with(func(c *config.Config) {
		c.Intake.TLS = &config.ServerTLS{CertificateFile: "tls.crt", KeyFile: "tls.key", AuthoritiesFile: "ca.crt"}
	})
	files := map[string]string{"secret": marker, "tls.crt": "a certificate\n", "tls.key": marker}
	got, err := read(t, encrypted, files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Files{"tls.crt": "a certificate", "tls.key": marker}, got.Intake); diff != "" || got.Authorities != "" {
		t.Errorf("authorities %q, files (-want +got)\n%s", got.Authorities, diff)
	}
	files["ca.crt"] = "an authority\n"
	signed, err := read(t, encrypted, files)
	if err != nil || signed.Authorities != "an authority\n" || signed.Equal(got) {
		t.Errorf("authorities %q, the same as without %t, error %v", signed.Authorities, signed.Equal(got), err)
	}
	files["tls.key"] = "another"
	if other, err := read(t, encrypted, files); err != nil || other.Equal(signed) {
		t.Errorf("another key is not told from the former, error %v", err)
	}
	delete(files, "tls.key")
	_, err = read(t, encrypted, files)
	fails(t, err, "intake.tls.keyFile: the file tls.key cannot be read: no such file or directory")
}
