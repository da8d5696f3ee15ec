// SPDX-License-Identifier: Apache-2.0

package atomicdir

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// open returns a directory that does not exist yet.
func open(t *testing.T) *Dir {
	t.Helper()
	d, err := New(filepath.Join(t.TempDir(), "some", "volume"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write(t *testing.T, d *Dir, files Files) {
	t.Helper()
	if err := d.Write(files); err != nil {
		t.Fatal(err)
	}
}

// visible reads the files as a program sees them: by the names that do not begin with two dots.
func visible(t *testing.T, d *Dir) Files {
	t.Helper()
	entries, err := os.ReadDir(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	files := Files{}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "..") {
			continue
		}
		if link, err := os.Readlink(filepath.Join(d.Path(), entry.Name())); err != nil || link != "..data/"+entry.Name() {
			t.Errorf("%s leads to %q, error %v", entry.Name(), link, err)
		}
		collect(t, d.Path(), entry.Name(), files)
	}
	return files
}

// collect adds the file of a name, or all files below it.
func collect(t *testing.T, root, name string, files Files) {
	t.Helper()
	path := filepath.Join(root, name)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !info.IsDir() {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = File{Data: data, Mode: info.Mode()}
		return
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		collect(t, root, name+"/"+entry.Name(), files)
	}
}

// generations are the directories that hold files. There should be one: the present one.
func generations(t *testing.T, d *Dir) []string {
	t.Helper()
	entries, err := os.ReadDir(d.Path())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

func text(s string) File { return File{Data: []byte(s), Mode: 0o644} }

func TestWrite(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]Files{
		"makes files":                          {{"a": text("1"), "b": text("")}},
		"makes files in folders":               {{"a/b/c": text("1"), "a/d": text("2"), "e": text("3")}},
		"replaces content":                     {{"a": text("1")}, {"a": text("2")}},
		"adds and removes names":               {{"a": text("1"), "b": text("2")}, {"b": text("2"), "c": text("3")}},
		"removes a folder with its last file":  {{"a/b": text("1"), "c": text("2")}, {"c": text("2")}},
		"makes a folder out of a file":         {{"a": text("1")}, {"a/b": text("2")}, {"a": text("3")}},
		"changes modes":                        {{"a": {Data: []byte("1"), Mode: 0o600}}, {"a": {Data: []byte("1"), Mode: 0o440}}},
		"keeps modes that a umask would limit": {{"a": {Data: []byte("1"), Mode: 0o666}, "b": {Data: []byte("2"), Mode: 0o777}}},
		"begins with nothing":                  {{}, {"a": text("1")}},
		"ends with nothing":                    {{"a": text("1"), "b/c": text("2")}, {}},
		"returns to what was before":           {{"a": text("1")}, {"b": text("1")}, {"a": text("1")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			for i, files := range steps {
				write(t, d, files)
				if diff := cmp.Diff(files, visible(t, d)); diff != "" {
					t.Errorf("step %d (-written +visible)\n%s", i, diff)
				}
				if dirs := generations(t, d); len(dirs) != 1 {
					t.Errorf("step %d leaves %v", i, dirs)
				}
			}
		})
	}
	t.Run("touches nothing that is as it should be", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		write(t, d, Files{"a": text("1"), "b": {Data: []byte("2"), Mode: 0o400}})
		before := generations(t, d)
		write(t, d, Files{"b": {Data: []byte("2"), Mode: 0o400}, "a": text("1")})
		if diff := cmp.Diff(before, generations(t, d)); diff != "" {
			t.Errorf("(-before +after)\n%s", diff)
		}
	})
	t.Run("keeps what is there when it fails", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		good := Files{"a": text("1")}
		write(t, d, good)
		before := generations(t, d)
		if err := d.Write(Files{"a": text("2"), "a/b": text("3")}); err == nil {
			t.Fatal("a name cannot be a file and a folder")
		}
		if diff := cmp.Diff(good, visible(t, d)); diff != "" {
			t.Errorf("(-written +visible)\n%s", diff)
		}
		if diff := cmp.Diff(before, generations(t, d)); diff != "" {
			t.Errorf("(-before +after)\n%s", diff)
		}
		write(t, d, Files{"a": text("4")})
	})
	t.Run("holds what it was last told after many changes", func(t *testing.T) {
		t.Parallel()
		d := open(t)
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		for range 300 {
			files := randomFiles(random)
			write(t, d, files)
			if diff := cmp.Diff(files, visible(t, d)); diff != "" {
				t.Fatalf("seed %d (-written +visible)\n%s", seed, diff)
			}
		}
		if dirs := generations(t, d); len(dirs) != 1 {
			t.Errorf("%d generations are left", len(dirs))
		}
	})
}

// randomFiles draws some out of a few names, with some out of a few contents and modes, so that all changes occur.
func randomFiles(random *rand.Rand) Files {
	files := Files{}
	for _, name := range []string{"a", "b", "c/d", "c/e", "f/g/h"} {
		if random.IntN(3) > 0 {
			mode := []fs.FileMode{0o600, 0o644}[random.IntN(2)]
			files[name] = File{Data: []byte(fmt.Sprint(random.IntN(3))), Mode: mode}
		}
	}
	return files
}

// A reader that resolves "..data" once sees the files of one Write, all of them; or it notices that they are gone.
func TestReadersNeverSeeAMixture(t *testing.T) {
	t.Parallel()
	d := open(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	write(t, d, generation(random, 0))

	written := make(chan struct{})
	go func() {
		defer close(written)
		for i := 1; i <= 500; i++ {
			if err := d.Write(generation(random, i)); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	defer func() { <-written }()
	whole, gone := 0, 0
	seen := map[string]bool{}
	for {
		select {
		case <-written:
			if len(seen) < 2 {
				t.Errorf("saw %d generations: too few to tell", len(seen))
			}
			t.Logf("saw %d generations whole, %d times one that was going", whole, gone)
			return
		default:
		}
		number, err := readGeneration(d.Path())
		switch {
		case err == nil:
			whole++
			seen[number] = true
		case errors.Is(err, fs.ErrNotExist):
			gone++
		default:
			t.Fatal(err)
		}
	}
}

// generation makes files that tell which Write they belong to, and of how many they are.
func generation(random *rand.Rand, number int) Files {
	names := []string{"list", "a", "b", "c", "folder/d", "folder/e"}
	names = names[:2+random.IntN(len(names)-1)]
	files := Files{}
	for _, name := range names {
		files[name] = text(fmt.Sprintf("%d\n%s", number, strings.Join(names, " ")))
	}
	return files
}

// readGeneration returns the number of the present generation if it was whole and stayed the present one. It returns
// fs.ErrNotExist for one that went while it was read, of which nothing may be wrong but that files are missing.
func readGeneration(dir string) (number string, err error) {
	data := filepath.Join(dir, "..data")
	present, err := os.Readlink(data)
	if err != nil {
		return "", errors.New("there has to be a present one at any time")
	}
	var content string
	var names []string
	err = filepath.WalkDir(filepath.Join(dir, present), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		read, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if content == "" {
			content = string(read)
		}
		if string(read) != content {
			return fmt.Errorf("a mixture of %q and %q", content, read)
		}
		name, err := filepath.Rel(filepath.Join(dir, present), path)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		return "", err
	}
	if now, err := os.Readlink(data); err != nil || now != present {
		return "", errors.Join(err, fs.ErrNotExist)
	}
	number, list, _ := strings.Cut(content, "\n")
	want := strings.Fields(list)
	slices.Sort(want)
	slices.Sort(names)
	if !slices.Equal(names, want) {
		return "", fmt.Errorf("files %v of %v", names, want)
	}
	return number, nil
}
