#!/usr/bin/env bash
# Builds the agent for this system: build-agent.sh [FOLDER]   (default dist/agent/linux)
# CC chooses the compiler, CFLAGS replaces -O2.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

out="${1:-dist/agent/linux}"
compiler="${CC:-}"
for name in gcc cc clang; do
  if [ -z "$compiler" ] && command -v "$name" >/dev/null; then compiler="$name"; fi
done
if [ -z "$compiler" ] || ! command -v "${compiler%% *}" >/dev/null || ! command -v make >/dev/null; then
  echo "build-agent: a C compiler (gcc, cc or clang) and make are needed; on Debian: apt-get install gcc libc6-dev make" >&2
  exit 1
fi

mkdir -p "$out"
objects="$(mktemp -d)"
trap 'rm -rf "$objects"' EXIT

# The build id says from which sources it was made.
build="$(cat src/agent/*.[ch] src/agent/make/gcc.mak | cksum | { read -r sum _; printf '%08x' "$sum"; })"
make --silent -f src/agent/make/gcc.mak CC="$compiler" OUT="$objects" BUILD="$build" \
  ${CFLAGS:+CFLAGS="$CFLAGS"} LDFLAGS="${LDFLAGS--s}"
# By a rename: the old one may be running.
cp "$objects/AGENT.EXE" "$out/AGENT.TMP"
mv -f "$out/AGENT.TMP" "$out/AGENT.EXE"
echo "$out/AGENT.EXE: $(wc -c <"$out/AGENT.EXE") bytes, build $build, made with $compiler"
