#!/bin/sh
# Makes a base image without any registry of images: Debian's own packages, by debootstrap, into `docker import`.
# Usage: base.sh IMAGE [DOCKER_COMMAND]. Needs root. Mirrors, keys and proxy are those of this machine's apt.
set -eu
image=$1
docker=${2:-docker}

say() { printf '%s\n' "$*"; }
fail() { say "base.sh: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "debootstrap needs root; or give this machine access to a registry of images"
command -v apt-get >/dev/null || fail "no apt here; or give this machine access to a registry of images"
if ! command -v debootstrap >/dev/null; then
    say "installing debootstrap (undo: apt-get remove debootstrap)"
    apt-get install -y -q --no-install-recommends debootstrap >/dev/null || fail "could not install debootstrap"
fi

# `apt-get indextargets` knows both formats of sources; the first Debian release with a Python of ours is taken.
suite=''
mirror=''
for candidate in bookworm trixie; do
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$candidate" '$2 == suite && $3 == "main" { print $1; exit }')
    [ -z "$mirror" ] || { suite=$candidate; break; }
done
[ -n "$suite" ] || fail "apt's sources name no Debian 12 or 13; or give this machine access to a registry of images"

http_proxy=${http_proxy:-}
eval "$(apt-config shell apt_proxy Acquire::http::Proxy)"
[ -n "$http_proxy" ] || http_proxy=${apt_proxy:-}
[ -z "$http_proxy" ] || export http_proxy

# debootstrap makes devices and runs programs where it installs; /tmp is often mounted so that neither works.
usable() {
    mknod "$1/null" c 1 3 2>/dev/null && { true > "$1/null"; } 2>/dev/null || return 1
    printf '#!/bin/sh\n' > "$1/run" && chmod +x "$1/run" && "$1/run" 2>/dev/null || return 1
    rm "$1/null" "$1/run"
}
root=''
for parent in "${TMPDIR:-/tmp}" /var/tmp /var/lib /root; do
    root=$(mktemp -d "$parent/toolcoder-base.XXXXXX" 2>/dev/null) || continue
    usable "$root" && break
    rm -rf --one-file-system "$root"
    root=''
done
[ -n "$root" ] || fail "no folder where devices and programs work (all mounted nodev or noexec?); set TMPDIR to one"
clean() { rm -rf --one-file-system "$root"; }
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say "debootstrap $suite with python3"
debootstrap --variant=minbase --include=python3 "$suite" "$root" "$mirror" |
    awk '/^I: (Retrieving|Extracting|Unpacking|Configuring) / { n += 1; if (n % 25 == 0) { print "  " n " steps"; fflush() } next }
         /^[EW]:/ { print; fflush() }' || fail "debootstrap failed"
[ -x "$root/usr/bin/python3" ] || fail "debootstrap did not finish"

say "importing the base image"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/share/doc "$root"/usr/share/man \
    "$root"/usr/share/locale "$root"/usr/share/info
tar -C "$root" --numeric-owner --one-file-system --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -c . |
    $docker import --change 'LABEL app=toolcoder' - "$image" >/dev/null
say "base image $image is ready"
