# Sourced by the other scripts: installs what is missing on Debian 12, and finds Swift and Python.
# Everything it does is named as it is done; nothing is installed that is already there.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Heads a part of what a script does, with the minutes since the first script began.
export LIMPID_BEGAN=${LIMPID_BEGAN:-$(date +%s)}
say() {
  local seconds=$(($(date +%s) - LIMPID_BEGAN))
  printf '\033[1m%s\033[0m (%d:%02d)\n' "$*" $((seconds / 60)) $((seconds % 60)) >&2
}
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# install PACKAGE…: the Debian packages of this list that are missing.
install() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  say "Installing ${missing[*]}"
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "these packages are missing and sudo is not there: ${missing[*]}"
    root=(sudo)
  fi
  "${root[@]}" apt-get update -qq >&2
  # sudo leaves variables out.
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
    >/dev/null || fail "apt-get could not install ${missing[*]}; install them by hand and run this again"
}

# What building and running Limpid takes.
install_libraries() {
  install pkg-config libfftw3-dev libsndfile1-dev libspeexdsp-dev nettle-dev libasound2-dev \
    libjack-jackd2-dev libcairo2-dev g++
  command -v swift >/dev/null || fail "swift is not on the PATH; install Swift 6.3 or later from swift.org/install"
}

# A Python environment of the checkout's own, with the evaluation's packages; prints nothing when it is there.
install_python() {
  install python3-venv python3-dev gcc
  if ! [ -x .venv/bin/python ]; then
    say "Making a Python environment in .venv"
    python3 -m venv --system-site-packages .venv
  fi
  local stamp=.venv/limpid-tools
  if ! [ "$stamp" -nt tools/pyproject.toml ]; then
    say "Installing the Python packages of tools/pyproject.toml"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e 'tools[evaluation,test]' >&2 ||
      fail "pip could not install the packages of tools/pyproject.toml"
    touch "$stamp"
  fi
}
