// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"log"
	"net/http"
	"time"

	"github.com/go-logr/logr"
)

// maxHeaderBytes is how much of a header is read, to which Go's server adds 4 KiB. It must fit beside its event in the queue,
// whose limit is 64 KiB, and a header of many short lines takes more than three times its room there.
const maxHeaderBytes = 12 << 10

// NewServer makes the HTTP server that a handler faces SuperOffice with. Its limits let a slow sender finish a body of
// the largest size on a bad line, and cut off whoever only holds connections.
func NewServer(h http.Handler, logger logr.Logger) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true) // SuperOffice speaks HTTP/1.1; HTTP/2 without TLS would only widen the surface
	return &http.Server{
		Handler:           h,
		Protocols:         &protocols,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      45 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          log.New(connectionLog{logger}, "", 0),
		// Else the server itself would answer "OPTIONS *" with 200.
		DisableGeneralOptionsHandler: true,
	}
}

// connectionLog takes the server's complaints about connections, which anybody can cause, out of the default log.
type connectionLog struct{ log logr.Logger }

func (l connectionLog) Write(line []byte) (int, error) {
	l.log.V(1).Info("connection", "problem", string(line))
	return len(line), nil
}
