#!/usr/bin/env bash
# Builds what goes onto old machines with Linux, into deploy-scripts/machine/linux-*: the agent, and the starter engine.
# Both stand alone: the agent has musl in it, which is small, the engine no C library at all. On Debian 12, whose
# compilers and musl (1.2.3-1) always give the same bytes:
#   apt-get install make gcc gcc-i686-linux-gnu gcc-arm-linux-gnueabi
# musl comes as packages of these systems; they are unpacked, not installed. MUSL_DIR keeps them (default dist/musl).
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

musl="$(mkdir -p "${MUSL_DIR:-dist/musl}" && cd "${MUSL_DIR:-dist/musl}" && pwd)"
machine=deploy-scripts/machine
objects="$(mktemp -d)"
trap 'rm -rf "$objects"' EXIT

# musl-dev of other systems is not in this system's lists, so that lists of its own are needed.
fetch_musl() {
  local system root="$objects/apt" options
  for system in amd64 i386 armel; do
    if [ ! -e "$musl/$system/usr" ]; then break; fi
  done
  if [ -e "$musl/$system/usr" ]; then return; fi
  mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
  touch "$root/status"
  options=(-o Acquire::Retries=3 -o "Dir::State::lists=$root/lists" -o "Dir::Cache=$root/cache" -o "Dir::State::status=$root/status"
    -o APT::Sandbox::User=root -o APT::Architectures::=amd64 -o APT::Architectures::=i386
    -o APT::Architectures::=armel)
  # A list of no interest here may fail; what is needed and missing shows at the download.
  apt-get -qq "${options[@]}" update || true
  for system in amd64 i386 armel; do
    (cd "$root" && apt-get -qq "${options[@]}" download "musl-dev:$system=1.2.3-1")
    mkdir -p "$musl/$system"
    dpkg -x "$root/musl-dev_1.2.3-1_$system.deb" "$musl/$system"
  done
}

build="$(cat src/agent/*.[ch] src/agent/make/{gcc,portable}.mak | cksum | { read -r sum _; printf '%08x' "$sum"; })"

# agent PLATFORM COMPILER DEBIAN-SYSTEM MUSL-SYSTEM
agent() {
  local library="$musl/$3/usr/lib/$4" headers="$musl/$3/usr/include/$4" out="$objects/$1"
  mkdir -p "$out" "$machine/$1"
  make --silent -f src/agent/make/gcc.mak CC="$2" OUT="$out" BUILD="$build" \
    CFLAGS="-Os -fno-pie -nostdinc -isystem $headers -isystem $("$2" -print-file-name=include)" \
    LDFLAGS="-static -no-pie -nostdlib -s -Wl,--build-id=none $library/crt1.o $library/crti.o" \
    LDLIBS="$library/libc.a -lgcc -lgcc_eh $library/libc.a $library/crtn.o"
  mv -f "$out/AGENT.EXE" "$machine/$1/AGENT.EXE"
  toolchains+=(--toolchain "$1/AGENT.EXE=$("$2" --version | head -1); musl 1.2.3-1")
}

# engine PLATFORM COMPILER
engine() {
  make --silent -f src/agent/make/tiny98.mak "$1" OUT="$objects/$1" \
    BUILD="$(cat src/agent/tiny98/*.[ch] src/agent/version.h src/agent/make/tiny98.mak | cksum |
      { read -r sum _; printf '%08x' "$sum"; })"
  mv -f "$objects/$1/TINY98.EXE" "$machine/$1/TINY98.EXE"
  toolchains+=(--toolchain "$1/TINY98.EXE=$("$2" --version | head -1)")
}

toolchains=()
fetch_musl
agent linux-x86_64 x86_64-linux-gnu-gcc amd64 x86_64-linux-musl
engine linux-x86_64 x86_64-linux-gnu-gcc
agent linux-i386 i686-linux-gnu-gcc i386 i386-linux-musl
engine linux-i386 i686-linux-gnu-gcc
agent linux-armel arm-linux-gnueabi-gcc armel arm-linux-musleabi
engine linux-armel arm-linux-gnueabi-gcc
node deploy-scripts/manifest.mjs "${toolchains[@]}"
# What an old machine has to keep in memory from the first instant.
size "$machine"/linux-*/*.EXE | awk 'NR > 1 { printf "%s: static data %d bytes\n", $6, $2 + $3; if ($2 + $3 > 65536) bad = 1 } END { exit bad }'
