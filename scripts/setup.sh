# Sourced by the other scripts: installs the system packages that are missing, as root or with sudo.
# Usage: . scripts/setup.sh; need "${libraries[@]}" ...

# What the package is built with.
libraries=(
  pkg-config libopenblas-dev liblapacke-dev zlib1g-dev libssl-dev libzip-dev libpng-dev libjpeg62-turbo-dev
)

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

# Prints the first Python that has these modules: $PYTHON where it is set, else the one on the path or the system's, for
# which `need` installs them.
# Usage: python=$(python_with numpy h5py)
python_with() {
  local candidate modules
  modules=$(IFS=,; echo "$*")
  for candidate in ${PYTHON:-python3 /usr/bin/python3}; do
    if "$candidate" -c "import $modules" 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "Expected a Python with the modules $*. Tried: ${PYTHON:-python3 /usr/bin/python3}." >&2
  return 1
}

command -v swift >/dev/null || { echo "Please install Swift 6.1 or later: https://www.swift.org/install" >&2; exit 1; }
