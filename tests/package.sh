#!/usr/bin/env bash
# package.sh BUILD_DIR [ROOT]: builds the Debian package and proves what is in it.
#
# Without ROOT: its content, its dependencies (every library that the program needs is one of them), its
# unit and its manual, and that the program runs from where it was unpacked.
# With ROOT, a directory made by `debootstrap --variant=minbase bookworm ROOT` (needs root): installs the
# package there by apt with its dependencies, publishes and serves a site in it, removes and purges it.
set -euo pipefail
build=$(realpath "$1")
root=${2:+$(realpath "$2")}
work=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
fail() { printf 'package: %s\n' "$*" >&2; exit 1; }
note() { printf '%s\n' "$*"; }

(cd "$work" && cpack --config "$build/CPackConfig.cmake" -B "$work/cpack" >"$work/log" 2>&1) ||
  { cat "$work/log" >&2; fail "cpack failed"; }
deb=$(find "$work/cpack" -maxdepth 1 -name '*.deb')
[ -f "$deb" ] || fail "there is no package"
note "$(basename "$deb"), $(stat -c %s "$deb") bytes"

dpkg-deb --extract "$deb" "$work/tree"
dpkg-deb --control "$deb" "$work/control"
for path in usr/bin/skep usr/lib/systemd/system/skep.service etc/skep/serve.toml usr/share/man/man1/skep.1; do
  [ -e "$work/tree/$path" ] || [ -e "$work/tree/$path.gz" ] || fail "$path is missing"
done
for path in usr/share/doc/skep/docs/serve.md usr/share/doc/skep/changelog.gz usr/share/man/man1/skep.1.gz; do
  [ -s "$work/tree/$path" ] || fail "$path is missing"
done
# The manual names every command that there is.
for command in $("$work/tree/usr/bin/skep" --help | awk '/^Subcommands:/ { on = 1; next } on && NF { print $1 }'); do
  zcat "$work/tree/usr/share/man/man1/skep.1.gz" | grep -Eq "^\.B.*\b$command\b" || fail "the manual does not name $command"
done
[ -z "$(find "$work/tree" -name '*.hpp' -o -name '*.a')" ] || fail "the library is in it, too"
grep -qx /etc/skep/serve.toml "$work/control/conffiles" || fail "/etc/skep/serve.toml is no conffile"
for script in postinst prerm postrm; do
  [ -x "$work/control/$script" ] || fail "$script is not executable"
done
depends=$(dpkg-deb --field "$deb" Depends)
note "depends: $depends"
# Every library that the loader would look for belongs to a package that is named (or to libc6).
while read -r library; do
  real=$(ldconfig -p | awk -v l="$library" '$1 == l && !found { print $NF; found = 1 }')
  real=$(realpath "$real")
  # Where /lib is a link to /usr/lib, packages may name a file either way.
  owner=$( (dpkg-query --search "$real" || dpkg-query --search "${real#/usr}") 2>/dev/null | awk -F: 'NR == 1 { print $1 }')
  # A dependency may also be on a name that the package provides (libspdlog1.10-fmt9, say).
  named=
  for name in "$owner" $(dpkg-query -W -f '${Provides}\n' "$owner" | tr ',' '\n' | awk '{ print $1 }'); do
    case ", $depends," in *", $name "* | *", $name,"*) named=1 ;; esac
  done
  [ -n "$named" ] || fail "$library is of $owner, which is not in Depends"
done < <(objdump -p "$work/tree/usr/bin/skep" | awk '/NEEDED/ { print $2 }' | grep -v '^ld-linux')
SKEP_CONFIG=$work/tree/etc/skep/serve.toml "$work/tree/usr/bin/skep" serve --print-config >"$work/config" ||
  fail "the installed configuration is refused"
grep -q '^root = "/var/www/html"' "$work/config" || fail "the installed configuration is not read"
"$work/tree/usr/bin/skep" --version | grep -q '^skep ' || fail "the program does not run"
if command -v systemd-analyze >/dev/null; then
  sed "s|/usr/bin/skep|$work/tree/usr/bin/skep|" "$work/tree/usr/lib/systemd/system/skep.service" >"$work/skep.service"
  systemd-analyze verify "$work/skep.service" 2>&1 | grep -v 'skep.*man' | grep 'skep.service' &&
    fail "systemd does not like the unit"
  note "$(systemd-analyze security --offline=true "$work/skep.service" 2>/dev/null | tail -n 1 || true)"
fi
[ -n "$root" ] || { note "content: as it should be"; exit 0; }

[ "$(id -u)" = 0 ] || fail "a root directory needs root"
# A copy, so that what a test leaves behind is gone with it.
cp -a "$root" "$work/root"
in_root() { chroot "$work/root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }
cp /etc/resolv.conf "$work/root/etc/resolv.conf"
cp "$deb" "$work/root/root/"
in_root sh -c 'command -v skep' && fail "it is there already"
in_root apt-get update -qq
in_root apt-get install -y -qq --no-install-recommends "/root/$(basename "$deb")" >"$work/apt.log" 2>&1 ||
  { cat "$work/apt.log" >&2; fail "apt could not install it"; }
note "installed with: $(in_root dpkg-query -W -f '${Package} ' 2>/dev/null | wc -w) packages in all"
in_root skep --version
in_root sh -ec '
  mkdir -p /root/site/assets && cd /root
  echo "<head></head>hello" >site/index.html
  head -c 200000 /dev/urandom >site/assets/a.bin
  printf "[labels]\nshare = [\"assets/**\"]\n" >site/skep.toml
  skep key new -o site.key
  skep publish site -o public --key site.key --inject
  skep verify public
  skep audit public >/dev/null
  skep publish site --explain assets/a.bin'
port=$((20000 + $$ % 20000))
chroot "$work/root" /usr/bin/skep serve /root/public --port "$port" >"$work/serve.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  grep -q 'http://localhost' "$work/serve.log" && break
  kill -0 "$server" 2>/dev/null || { cat "$work/serve.log" >&2; fail "skep serve ended"; }
  sleep 0.1
done
in_root skep doctor "http://localhost:$port/" || fail "the doctor finds problems"
kill "$server" && wait "$server" || fail "skep serve did not stop well"
server=
in_root apt-get purge -y -qq skep >/dev/null 2>&1
in_root sh -c '! command -v skep && ! test -e /etc/skep' || fail "purging leaves something behind"
note "a clean system: installed, ran, purged"
