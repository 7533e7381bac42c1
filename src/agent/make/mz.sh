#!/bin/sh
# Makes a program for DOS of what ld86 -0 -i has linked: mz.sh LINKED PROGRAM
# ld86 knows no header that would tell DOS how much memory there has to be behind the code and the data.
set -eu

stack=4096
header=32
# shellcheck disable=SC2046 # the words of the second line: text data bss
set -- "$1" "$2" $(size86 "$1" | sed -n 2p)
linked=$1 program=$2 text=$3 data=$4 bss=$5

used=$((data + bss + stack))
if [ "$used" -gt 65520 ]; then
  echo "mz: $data bytes of data, $bss of zeros and $stack of stack do not fit one segment" >&2
  exit 1
fi

word() { printf "\\$(printf %03o $(($1 % 256)))\\$(printf %03o $(($1 / 256)))"; }

image=$((text + data))
size=$((header + image))
behind=$(((bss + stack + 31) / 16))
{
  printf MZ
  word $((size % 512))            # bytes of the last block
  word $(((size + 511) / 512))    # blocks
  word 0                          # nothing to relocate
  word $((header / 16))
  word $behind                    # memory that is needed behind the image, and no more is wanted:
  word $behind                    # the rest is for the programs that it starts
  word $((text / 16))             # stack
  word $used
  word 0                          # no sum
  word 0                          # entry: the first byte of the code
  word 0
  word 28
  word 0
  word 0
  word 0
} >"$program"
tail -c $image "$linked" >>"$program"
echo "$program: $size bytes, $text of code; static data $((data + bss)) bytes and $stack of stack, of 65536"
