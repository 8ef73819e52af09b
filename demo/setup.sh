#!/usr/bin/env bash
# Assembles the demo site: demo/site/* plus game art taken from a Debian package, never committed.
#
#   demo/setup.sh [OUT_DIR]        default: build/demo-site
#
# The package is downloaded once (nothing is installed) and kept in build/demo-cache
# (SKEP_DEMO_CACHE moves it). A second run with nothing changed takes a fraction of a second.
# Same package and same demo/ folder: same bytes in OUT_DIR.
set -euo pipefail

readonly PACKAGE=wesnoth-1.16-data
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
cache=${SKEP_DEMO_CACHE:-$root/build/demo-cache}

die() { printf 'demo/setup.sh: %s\n' "$*" >&2; exit 1; }

[[ $# -le 1 ]] || die "usage: demo/setup.sh [OUT_DIR]"
for tool in apt-get dpkg-deb tar node sha256sum; do
  command -v "$tool" >/dev/null || die "$tool is needed and was not found"
done
out=$(realpath -m -- "${1:-$root/build/demo-site}")
case $here/ in "$out"/*) die "OUT_DIR must not hold demo/ itself: $out" ;; esac
if [[ -e $out && ! -f $out/assets-manifest.json ]] && [[ -n $(ls -A -- "$out" 2>/dev/null) ]]; then
  die "$out exists and is not a demo site: give another folder or remove it"
fi
mkdir -p -- "$cache"

# One set-up at a time per cache: two of them would unpack over each other.
exec 9>"$cache/.lock"
if command -v flock >/dev/null; then flock 9; fi

# --- The package: name, size and hash come from apt's own signed lists. ---
uri_line() {
  apt-get -o APT::Sandbox::User="$(id -un)" download --print-uris "$PACKAGE" 2>/dev/null || true
}
line=$(uri_line)
deb=""
sha=""
if [[ -n $line ]]; then
  read -r _ deb _ hash <<<"$line"
  [[ $hash == SHA256:* ]] && sha=${hash#SHA256:}
elif [[ -f $cache/package ]]; then # no lists any more, but a package from an earlier run
  read -r deb sha <"$cache/package"
else
  die "apt does not know $PACKAGE (Debian 12 has it in main). Run 'apt-get update' and try again."
fi

checked() { # a file is good if its hash is the one apt names (or, without one, if dpkg-deb reads it)
  [[ -f $1 ]] || return 1
  if [[ -n $sha ]]; then
    printf '%s  %s\n' "$sha" "$1" | sha256sum --check --status
  else
    dpkg-deb --info "$1" >/dev/null 2>&1
  fi
}

# What decides the output: the package, this folder, and where it goes.
recipe=$(
  { printf '%s %s\n' "$deb" "$sha"
    cd "$here" && find site assemble.mjs wml-units.mjs setup.sh -type f -print0 | LC_ALL=C sort -z |
      xargs -0 sha256sum
  } | sha256sum | cut -c1-64
)
stamp=$cache/$(printf '%s' "$out" | sha256sum | cut -c1-16).stamp
if [[ -f $stamp && $(cat "$stamp") == "$recipe" && -f $out/assets-manifest.json ]] &&
  node "$here/assemble.mjs" --check "$out"; then
  exit 0
fi

if ! checked "$cache/$deb"; then
  printf 'demo: downloading %s\n' "$PACKAGE"
  rm -rf -- "$cache/download" && mkdir -- "$cache/download"
  (cd "$cache/download" &&
    apt-get -qq -o APT::Sandbox::User="$(id -un)" download "$PACKAGE") ||
    die "could not download $PACKAGE (no network, or old lists: try 'apt-get update')"
  mv -f -- "$cache/download/$deb" "$cache/$deb"
  rmdir -- "$cache/download"
  checked "$cache/$deb" || die "$deb is damaged: remove $cache and try again"
fi
printf '%s %s\n' "$deb" "$sha" >"$cache/package"

# --- Unpack only what the site can use. ---
art=$cache/art
if [[ ! -f $art/.from || $(cat "$art/.from") != "$deb $sha" ]]; then
  printf 'demo: unpacking\n'
  rm -rf -- "$art" && mkdir -- "$art"
  data=./usr/share/games/wesnoth/1.16/data
  dpkg-deb --fsys-tarfile "$cache/$deb" | tar -x -C "$art" --no-same-owner --wildcards \
    "$data/core/images/portraits/*" "$data/core/images/maps/*" "$data/core/images/story/*" \
    "$data/core/images/units/*" "$data/core/sounds/*" "$data/core/units/*" \
    "$data/multiplayer/maps/*" "./usr/share/doc/$PACKAGE/copyright" ||
    die "$deb does not hold the files this demo knows"
  printf '%s %s' "$deb" "$sha" >"$art/.from"
fi

# --- Assemble beside OUT_DIR (this checks sizes and numbers too), then swap. ---
version=$(dpkg-deb --field "$cache/$deb" Version)
next=$out.new
rm -rf -- "$next"
mkdir -p -- "$(dirname "$out")"
node "$here/assemble.mjs" "$here/site" "$art" "$next" "$PACKAGE $version"
rm -rf -- "$out"
mv -- "$next" "$out"
node "$here/assemble.mjs" --check "$out"
printf '%s' "$recipe" >"$stamp"
