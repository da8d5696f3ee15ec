// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"fmt"
	"io"

	"github.com/superoffice-webhook/operator/cmd/kubectl-superoffice/output"
)

func (d *diagnosis) writeText(w io.Writer) error {
	p := output.PaletteOf(w)
	if d.Matches {
		fmt.Fprintf(w, "%s: the secret of the slot %s made it for this body.\n", p.Paint(output.Good, "The signature matches"), d.Slot)
	} else {
		fmt.Fprintf(w, "%s.\n", p.Paint(output.Bad, "The signature does not match"))
	}
	t := output.Table{Indent: "  "}
	t.Add(output.Plain("Signature", d.Signature)...)
	t.Add(output.Plain("Body", d.Body)...)
	for _, s := range d.Secrets {
		t.Add(output.Plain("Secret "+s.Slot, fmt.Sprintf("%d bytes", s.Bytes))...)
		for _, flaw := range s.Flaws {
			t.Add(output.Cell{}, output.Cell{Text: flaw, Style: output.Warning})
		}
	}
	if err := t.Write(w, p); err != nil {
		return err
	}
	return d.writeCauses(w, p)
}

func (d *diagnosis) writeCauses(w io.Writer, p output.Palette) error {
	switch {
	case d.Matches:
		return nil
	case len(d.Causes) > 0:
		fmt.Fprintf(w, "\n%s:\n", p.Paint(output.Bold, "Why"))
		for _, cause := range d.Causes {
			if _, err := fmt.Fprintf(w, "  %s\n", cause); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := fmt.Fprintf(w, `
None of %d variants explains it. So the secret is another one than in SuperOffice, or the body is another one, or it was changed
in a way that is not known here. Enter the same new secret on both sides (the key "previous" of the Secret keeps the former one
valid meanwhile), capture a body as the receiver's pod gets it, and see whether anything on the way rewrites bodies.
`, d.Tried)
	return err
}
