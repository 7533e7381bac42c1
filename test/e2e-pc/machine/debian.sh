# Sourced by the scripts beside it. Packages of Debian 12 for i386 are downloaded and unpacked; nothing is installed here.
# $work is a folder for it.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
# The mirror that this system uses.
mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 'Release: bookworm' |
  head -n 1)"
if [ -z "$mirror" ]; then
  echo "$(basename "$0"): apt of this system knows no mirror of Debian 12 (bookworm)" >&2
  exit 1
fi
lists=(-qq -o Acquire::Retries=3 -o APT::Architecture=i386 -o APT::Architectures::=i386 -o APT::Sandbox::User=root
  -o "Dir::Etc::SourceList=$work/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o "Dir::State::Lists=$work/apt/lists" -o "Dir::State::Status=$work/apt/status" -o "Dir::Cache=$work/apt/cache")

# From then on apt-get and apt-cache know that system's packages with "${lists[@]}", as if none were installed.
begin_apt() {
  mkdir -p "$work"/apt/{lists/partial,cache/archives/partial}
  touch "$work/apt/status"
  {
    echo "deb [arch=i386 signed-by=$keyring] $mirror bookworm main"
    echo "deb-src [signed-by=$keyring] $mirror bookworm main"
  } >"$work/apt/sources.list"
  apt-get "${lists[@]}" update
}
