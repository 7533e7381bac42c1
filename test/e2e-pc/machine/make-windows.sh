#!/usr/bin/env bash
# Makes the disk of a Windows for the emulated PC: make-windows.sh FOLDER PC   puts windows.img into FOLDER; PC is what
# make-pc.sh has made. It is Debian's 32-bit Wine, which says it is Windows 98, unpacked and set up on the PC itself.
# Takes 145 MB of downloads, 2.4 GB of disk and some minutes. Beside what make-pc.sh needs: e2fsprogs qemu-system-x86 dosfstools
# A FOLDER that exists is taken as made; it appears in one step.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH="$PATH:/usr/sbin:/sbin"
here="$(cd "$(dirname "$0")" && pwd)"
target="${1:?a folder}"
pc="${2:?the folder of the PC}"
if [ -e "$target/windows.img" ]; then exit 0; fi
work="$(mktemp -d "$target.XXXXXX")"
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

. "$here/debian.sh"

fetch() {
  local package
  begin_apt
  apt-get "${lists[@]}" install -y --no-install-recommends --download-only wine32 busybox-static </dev/null
  mkdir "$work/tree"
  for package in "$work"/apt/cache/archives/*.deb; do dpkg -x "$package" "$work/tree"; done
}

# What the packages would do when they are installed.
set_up() {
  local wine="$work/tree/usr/lib/i386-linux-gnu/wine"
  cd "$work/tree"
  mkdir -p disk dev prefix proc root sys tmp
  ln -s busybox bin/sh
  # Wine only takes this library when it says that it is one of its own.
  cp usr/i686-w64-mingw32/lib/zlib1.dll "$wine/i386-windows/"
  { printf 'Wine builtin DLL'; head -c 16 /dev/zero; } |
    dd of="$wine/i386-windows/zlib1.dll" bs=1 seek=64 conv=notrunc status=none
  rm -rf "$wine/x86_64-windows" usr/x86_64-w64-mingw32 usr/share/{doc,locale,man,xml}
}

make_disk() {
  cd "$work"
  mkdir made
  truncate -s 2400M made/windows.img
  mkfs.ext4 -q -O ^has_journal -d tree made/windows.img
  rm -rf tree apt
}

# On the PC itself: only there its programs run.
make_windows() {
  cd "$work"
  truncate -s 4M none.img
  mkfs.vfat none.img >/dev/null
  timeout 1200 qemu-system-i386 -M pc,accel=tcg -cpu pentium3 -m 512 -nodefaults -no-user-config -no-reboot -display none \
    -vga none -serial stdio -kernel "$pc/vmlinuz" -initrd "$pc/initrd.gz" \
    -append "console=ttyS0 quiet tsc=reliable mitigations=off panic=1 fs=vfat behind=2 ports=1024-1025 windows=make" \
    -drive file=none.img,format=raw,if=ide,index=0 -drive file=made/windows.img,format=raw,if=ide,index=1,cache=unsafe \
    </dev/null >console.log 2>&1 || true
  grep -q 'PC: Windows is made' console.log || { tail -n 40 console.log >&2; exit 1; }
}

fetch
(set_up)
make_disk
make_windows
# Another one may have been quicker.
mv -T "$work/made" "$target" 2>/dev/null || [ -e "$target/windows.img" ]
