#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Builds the archives of the kubectl plugin that .krew.yaml names, with their checksums, below the folder $1 (dist/krew) for
# the version $2.
set -eu

out=${1:-dist/krew}
version=${2:-$(git describe --tags --always --dirty)}
grep -oE 'kubectl-superoffice_[a-z]+_[a-z0-9]+\.(tar\.gz|zip)' .krew.yaml | while read -r archive; do
	name=${archive%%.*}
	os=$(echo "$name" | cut -d_ -f2) arch=$(echo "$name" | cut -d_ -f3)
	program=kubectl-superoffice
	[ "$os" = windows ] && program=$program.exe
	echo "Building $archive"
	mkdir -p "$out/$name"
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$out/$name/$program" ./cmd/kubectl-superoffice
	cp LICENSE "$out/$name/"
	case $archive in
	*.zip) (cd "$out/$name" && rm -f "../$archive" && zip -qX "../$archive" "$program" LICENSE) ;;
	*) tar -C "$out/$name" --sort=name --owner=0 --group=0 --mtime=@0 -czf "$out/$archive" "$program" LICENSE ;;
	esac
	rm -r "${out:?}/$name"
done
(cd "$out" && sha256sum kubectl-superoffice_* >checksums.txt)
