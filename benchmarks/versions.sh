#!/usr/bin/env bash
# The tests on another Python than the one of .ci/run, with the newest dependencies.
#
#   bash benchmarks/versions.sh PYTHON [ARGUMENTS OF PYTEST]
#   bash benchmarks/versions.sh debian:trixie [ARGUMENTS OF PYTEST]
#   bash benchmarks/versions.sh --pre PYTHON [ARGUMENTS OF PYTEST]
#
# PYTHON is an interpreter of 3.11 or later with venv. "debian:SUITE" makes a file system
# of that Debian release by debootstrap, and runs its Python there: needs root, 400 MB
# and the package debootstrap. "--pre" takes scikit-learn's pre-release, and says if
# there is none. Without arguments of pytest the common checks run. PyTorch and Dask are
# not installed; tests that need them are skipped, and say so.
set -euo pipefail

cd "$(dirname "$0")/.."
work=$(mktemp -d)
inside=
clean() {
  if [ -n "$inside" ]; then umount -R "$work/root/proc" "$work/root/dev" || exit 1; fi
  rm -rf --one-file-system "$work"
}
trap clean EXIT

pre=
if [ "${1:-}" = --pre ]; then pre=1; shift; fi
which=${1:?the interpreter, or debian:SUITE}
shift
[ $# -gt 0 ] || set -- tests/test_common.py

run=()
folder=$work/src
case $which in
  debian:*)
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
      "${which#debian:}" "$work/root" > "$work/debootstrap.log"
    cp -L /etc/resolv.conf "$work/root/etc/"
    cp -L /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/"
    mount --rbind /dev "$work/root/dev" && mount --make-rslave "$work/root/dev"
    mount -t proc proc "$work/root/proc"
    inside=1
    run=(chroot "$work/root" env -u PIP_FIND_LINKS
      PIP_CERT=/etc/ssl/certs/ca-certificates.crt)
    folder=$work/root/src which=python3
    ;;
esac
mkdir "$folder"
tar --exclude=./.git --exclude='./.venv*' -cf - . | tar -xf - -C "$folder"

cat > "$folder/versions_inside.sh" <<'SH'
set -eu
cd "$(dirname "$0")"
export PIP_DISABLE_PIP_VERSION_CHECK=1 OMP_NUM_THREADS=1 MPLBACKEND=Agg
which=$1 pre=$2
shift 2
"$which" -m venv .venv
.venv/bin/python -m pip install -q -e ".[test]"
if [ -n "$pre" ]; then
  before=$(.venv/bin/python -c "import sklearn; print(sklearn.__version__)")
  .venv/bin/python -m pip install -q --upgrade --pre scikit-learn
  after=$(.venv/bin/python -c "import sklearn; print(sklearn.__version__)")
  if [ "$before" = "$after" ]; then
    echo "No pre-release of scikit-learn is newer than $after."
    exit 0
  fi
fi
.venv/bin/python -c "import fairlearnkit; fairlearnkit.show_versions()"
.venv/bin/python -m pytest -q -n auto "$@"
SH
"${run[@]}" sh "${folder#"$work/root"}/versions_inside.sh" "$which" "$pre" "$@"
