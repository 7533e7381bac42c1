#!/usr/bin/env bash
# Builds the agent for this system: build-agent.sh [FOLDER]   (default dist/agent/linux)
# CC chooses the compiler, CFLAGS replaces -O2.
# Without FOLDER also what goes onto old machines, as far as there are compilers for them: deploy-scripts/machine.
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
build="$(cat src/agent/*.[ch] src/agent/make/{gcc,portable}.mak | cksum | { read -r sum _; printf '%08x' "$sum"; })"
make --silent -f src/agent/make/gcc.mak CC="$compiler" OUT="$objects" BUILD="$build" \
  ${CFLAGS:+CFLAGS="$CFLAGS"} LDFLAGS="${LDFLAGS--s}"
# By a rename: the old one may be running.
cp "$objects/AGENT.EXE" "$out/AGENT.TMP"
mv -f "$out/AGENT.TMP" "$out/AGENT.EXE"
echo "$out/AGENT.EXE: $(wc -c <"$out/AGENT.EXE") bytes, build $build, made with $compiler"

if [ $# -gt 0 ]; then exit 0; fi

# put FILE PLATFORM: takes a program into deploy-scripts/machine.
put() {
  mkdir -p "deploy-scripts/machine/$2"
  mv -f "$1" "deploy-scripts/machine/$2/"
  echo "deploy-scripts/machine/$2/$(basename "$1"): $(wc -c <"deploy-scripts/machine/$2/$(basename "$1")") bytes"
}

mark_of() { cat "$@" | cksum | { read -r sum _; printf '%08x' "$sum"; }; }
system="$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}" || uname -sr)"
# note PLATFORM=TOOLCHAIN: takes its programs into the list of what is there.
note() { if command -v node >/dev/null; then node deploy-scripts/manifest.mjs --toolchain "$1"; fi; }

if command -v i686-w64-mingw32-gcc >/dev/null; then
  windows="$objects/windows"
  mkdir -p "$windows/agent" "$windows/ftpd98"
  make --silent -f src/agent/make/mingw.mak OUT="$windows/agent" \
    BUILD="$(mark_of src/agent/*.[ch] src/agent/w32inc/*.h src/agent/make/{mingw,portable}.mak src/agent/make/win9x.ld)"
  put "$windows/agent/AGENT.EXE" win9x
  make --silent -f src/agent/make/ftpd98.mak OUT="$windows/ftpd98" \
    BUILD="$(mark_of src/agent/ftpd98/*.[ch] src/agent/version.h src/agent/make/ftpd98.mak)"
  put "$windows/ftpd98/FTPD98.EXE" win9x
  make --silent -f src/agent/make/tiny98.mak win9x OUT="$windows/tiny98" \
    BUILD="$(mark_of src/agent/tiny98/*.[ch] src/agent/version.h src/agent/make/tiny98.mak)"
  put "$windows/tiny98/TINY98.EXE" win9x
  note "win9x=MinGW-w64, gcc $(i686-w64-mingw32-gcc -dumpversion) of $system"
  if [ -x node_modules/.bin/tsx ] && command -v objdump >/dev/null; then
    node_modules/.bin/tsx deploy-scripts/check-exe.ts deploy-scripts/machine/win9x/*.EXE
  fi
else
  echo "build-agent: nothing for Windows: there is no i686-w64-mingw32-gcc (Debian: gcc-mingw-w64-i686)"
fi

if command -v bcc >/dev/null && command -v size86 >/dev/null && command -v nasm >/dev/null; then
  mkdir -p "$objects/msdos"
  make --silent -f src/agent/make/bcc.mak OUT="$objects/msdos" \
    BUILD="$(mark_of src/agent/*.[chs] src/agent/dos*.asm src/agent/dosinc/*.h src/agent/make/{bcc,portable}.mak src/agent/make/mz.sh)"
  put "$objects/msdos/AGENT.EXE" msdos
  note "msdos=bcc of $system"
else
  echo "build-agent: nothing for DOS: there is no bcc, ld86 or nasm (Debian: bcc bin86 nasm)"
fi
