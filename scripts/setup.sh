# Sourced by the other scripts: installs the system packages that are missing, as root or with sudo.
# Usage: . scripts/setup.sh; need pkg-config libopenblas-dev ...

# Pins OpenBLAS to the kernels of an older CPU family where a machine has it set, at half the speed.
unset OPENBLAS_CORETYPE

need() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  local run=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "Please install these packages and run this again: ${missing[*]}" >&2
      exit 1
    fi
    run=(sudo)
  fi
  echo "Installing ${missing[*]}" >&2
  "${run[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
    "{ apt-get update -q && apt-get install -y -q --no-install-recommends ${missing[*]}; } >&2"
}

command -v swift >/dev/null || { echo "Please install Swift 6.1 or later: https://www.swift.org/install" >&2; exit 1; }
