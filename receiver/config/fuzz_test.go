// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/superoffice-webhook/operator/receiver/config"
)

// FuzzParse checks that Parse never panics, and that what it read is written and read again as the same.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"testdata/minimal.yaml", "testdata/receiver.golden.yaml", "../../config/samples/receiver.yaml"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, change := range everyFile("") {
		data, err := with(change).Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("apiVersion: &a [*a]\n"))
	f.Add([]byte("queue: {maxBytes: 1e9, maxAge: -0x1p-2s}\nsinks: [null, ~]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.Parse(data)
		if err != nil {
			if c != nil || err.Error() == "" {
				t.Fatalf("Parse = %v, %q", c, err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("what was read is not valid: %v", err)
		}
		written, err := c.Marshal()
		if err != nil || bytes.ContainsFunc(data, unwritable) || strings.Contains(string(data), `\`) {
			return // YAML reads some characters by their escapes that it does not write
		}
		again(t, c, written)
	})
}

// FuzzMarshal checks that texts, of which Parse meets few that are odd, are written so that they are read as the same.
func FuzzMarshal(f *testing.F) {
	f.Add("Cust12345", "secret", "a=b", "X-Key", "sales", int64(time.Hour), int64(1<<20))
	f.Add("- yes", "..data/null", "#", "x-1", " 0x10: \t'\"", int64(-1), int64(1<<63-1))
	f.Fuzz(func(t *testing.T, tenant, file, query, name, value string, duration, number int64) {
		for _, text := range []*string{&tenant, &file, &query, &name, &value} {
			if *text = strings.ToValidUTF8(*text, "?"); strings.ContainsFunc(*text, unwritable) {
				return
			}
		}
		c := minimal()
		c.Tenants = []string{tenant, value}
		c.Intake.Secrets = append(c.Intake.Secrets, config.SharedSecret{Name: name, File: file, Optional: number > 0})
		c.Intake.Path = "/" + query
		c.Queue = config.Queue{MaxBytes: number, MaxAge: config.Duration(duration)}
		c.Sinks[0].HTTP.URL += "?" + query
		c.Sinks[0].HTTP.Headers = []config.Header{{Name: name, Value: &value}, {Name: name, File: config.SecretFile(file)}}
		written, err := c.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if completed, err := config.Parse(written); err == nil {
			if completed.Tenants[0] != tenant || *completed.Sinks[0].HTTP.Headers[0].Value != value {
				t.Fatalf("%q, %q were read from\n%s", tenant, value, written)
			}
			written, err = completed.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			again(t, completed, written)
		}
	})
}

// again reads what was written of a configuration.
func again(t *testing.T, c *config.Config, written []byte) {
	t.Helper()
	read, err := config.Parse(written)
	if err != nil {
		t.Fatalf("what was written is refused: %v\n%s", err, written)
	}
	if diff := cmp.Diff(c, read, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("(-written +read)\n%s\n%s", diff, written)
	}
	if twice := marshal(t, read); !bytes.Equal(written, twice) {
		t.Fatalf("written as\n%s\nand then as\n%s", written, twice)
	}
}

// unwritable are the characters that YAML has no plain form for.
func unwritable(r rune) bool {
	return r >= 0x7f && unicode.IsControl(r) || r == 0xfffe || r == 0xffff
}
