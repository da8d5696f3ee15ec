// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"reflect"
	"strings"
)

// namedFile is a file with the field that names it.
type namedFile struct {
	at   string
	file SecretFile
}

// secretFiles lists the files that a sink names, at being the path of the sink. It finds them by their type, so that none
// is forgotten when a kind of sink gets one more.
func (s *Sink) secretFiles(at string) []namedFile {
	var found []namedFile
	collectFiles(reflect.ValueOf(s), at, &found)
	return found
}

// secretFiles lists the files that the queue names.
func (q *Queue) secretFiles() []namedFile {
	var found []namedFile
	collectFiles(reflect.ValueOf(q), "queue", &found)
	return found
}

// secretFiles lists the files of intake's certificate.
func (in *Intake) secretFiles() []namedFile {
	var found []namedFile
	collectFiles(reflect.ValueOf(in), "intake", &found)
	return found
}

func collectFiles(v reflect.Value, at string, into *[]namedFile) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			collectFiles(v.Elem(), at, into)
		}
	case reflect.Slice:
		for i := range v.Len() {
			collectFiles(v.Index(i), fmt.Sprintf("%s[%d]", at, i), into)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			collectFiles(v.Field(i), at+"."+name, into)
		}
	case reflect.String:
		if file, ok := v.Interface().(SecretFile); ok && file != "" {
			*into = append(*into, namedFile{at, file})
		}
	}
}
