// SPDX-License-Identifier: Apache-2.0

package binaries

import (
	"context"
	"encoding/json"
	"os/exec"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/version"
)

// fromPath returns the path of the machine's own kubectl if it fits the pinned version, else "".
func fromPath(ctx context.Context) string {
	path, err := exec.LookPath(string(Kubectl))
	if err != nil {
		return ""
	}
	out, err := exec.CommandContext(ctx, path, "version", "--client", "--output=json").Output() // #nosec G204 -- the user's kubectl
	if err != nil {
		return ""
	}
	var answer struct {
		ClientVersion version.Info `json:"clientVersion"`
	}
	if json.Unmarshal(out, &answer) != nil {
		return ""
	}
	pinned, err := kubernetes.read()
	if err != nil || !fits(answer.ClientVersion.GitVersion, pinned.version) {
		return ""
	}
	return path
}

// fits tells whether kubectl's version is within one minor version of the cluster's, the skew that Kubernetes supports.
func fits(kubectl, cluster string) bool {
	major, minor, ok := majorMinor(kubectl)
	clusterMajor, clusterMinor, clusterOK := majorMinor(cluster)
	return ok && clusterOK && major == clusterMajor && minor >= clusterMinor-1 && minor <= clusterMinor+1
}

func majorMinor(v string) (major, minor int, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(v, "v"), ".", 3)
	if len(parts) < 3 {
		return 0, 0, false
	}
	major, err := strconv.Atoi(parts[0])
	if err != nil {
		return 0, 0, false
	}
	minor, err = strconv.Atoi(parts[1])
	return major, minor, err == nil
}
