#!/usr/bin/env bash
# Makes what an emulated PC is started with: make-pc.sh FOLDER   puts vmlinuz and initrd.gz there.
# Debian's kernel for the 686, a shell from busybox-static, and an FTP server: Debian's busybox has none, so one is built
# from Debian's source. Nothing is installed on this system; what it needs of it, on Debian 12:
#   apt-get install cpio bzip2 dpkg-dev gcc gcc-i686-linux-gnu libc6-dev libc6-dev-i386-cross make xz-utils
# A FOLDER that exists is taken as made; it appears in one step.
set -euo pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
here="$(cd "$(dirname "$0")" && pwd)"
target="${1:?a folder}"
if [ -e "$target/initrd.gz" ]; then exit 0; fi
work="$(mktemp -d "$target.XXXXXX")"
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

. "$here/debian.sh"

fetch() {
  local kernel
  begin_apt
  cd "$work"
  # Without PAE, which a Pentium II in an emulator has, and an older one has not.
  kernel="$(apt-cache "${lists[@]}" depends linux-image-686 | awk '/Depends: linux-image/ { print $2; exit }')"
  apt-get "${lists[@]}" download "$kernel" busybox-static
  apt-get "${lists[@]}" source busybox >/dev/null
  mkdir kernel shell
  dpkg -x linux-image-*.deb kernel
  dpkg -x busybox-static_*.deb shell
}

# An FTP server that writes, what listens for it, and fsync: Debian's shell has none of them.
build_server() {
  local option source
  source="$(echo "$work"/busybox-1*/)"
  mkdir "$work/server"
  make -s -C "$source" O="$work/server" allnoconfig >/dev/null
  cd "$work/server"
  for option in STATIC LFS FTPD FEATURE_FTPD_WRITE FEATURE_FTPD_ACCEPT_BROKEN_LIST FSYNC TCPSVD \
    LS FEATURE_LS_TIMESTAMPS FEATURE_LS_FILETYPES; do
    sed -i "s/^# CONFIG_$option is not set/CONFIG_$option=y/" .config
  done
  # It asks for what these options bring with them; an empty line is its default.
  { yes '' || true; } | make -s oldconfig >/dev/null 2>&1 || true
  make -s -j2 CROSS_COMPILE=i686-linux-gnu- busybox >make.log 2>&1 || { tail -n 20 make.log >&2; exit 1; }
}

fill_initrd() {
  local module file
  cd "$work"
  mkdir -p root/{bin,dev,disk,mod,proc,sys,tmp,wine}
  cp shell/bin/busybox root/bin/busybox
  cp server/busybox root/bin/ftp-server
  ln -s ftp-server root/bin/ftpd
  ln -s ftp-server root/bin/tcpsvd
  ln -s ftp-server root/bin/fsync
  for module in 8390 ne2k-pci scsi_common scsi_mod libata ata_piix crc64 crc64-rocksoft crct10dif_common crc-t10dif t10-pi \
    sd_mod fat vfat msdos nls_cp437 nls_iso8859-1 nls_ascii nls_utf8 ext4 jbd2 mbcache crc16 crc32c_generic libcrc32c; do
    file="$(find kernel/lib/modules -name "$module.ko" -print -quit)"
    # Some of them are part of the kernel itself.
    if [ -n "$file" ]; then cp "$file" root/mod/; fi
  done
  cp "$here/init" "$here/windows" root/
  chmod 755 root/init
  mkdir made
  (cd root && find . | cpio --quiet -o -H newc | gzip -9) >made/initrd.gz
  mv kernel/boot/vmlinuz-* made/vmlinuz
}

fetch
(build_server)
fill_initrd
# Another one may have been quicker.
mv -T "$work/made" "$target" 2>/dev/null || [ -e "$target/initrd.gz" ]
