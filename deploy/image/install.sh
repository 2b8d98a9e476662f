#!/bin/sh
# Install the program and its browser into a Debian root, as root: install.sh SOURCE
# SOURCE is the repository with dist/*.whl. The Containerfile runs this, and so can any other Debian 12 or 13.
set -eu
source=$1
tools="python3-venv binutils"
export DEBIAN_FRONTEND=noninteractive

# A browser without a screen draws without a graphics driver, and has resources of its own instead of Chromium's: a quarter
# of the size is not unpacked, now or in an update.
cat >/etc/dpkg/dpkg.cfg.d/aurion <<EXCLUDED
path-exclude=/usr/lib/*/libLLVM*
path-exclude=/usr/lib/*/libgallium*
path-exclude=/usr/lib/*/libz3.so*
path-exclude=/usr/lib/chromium/libV*
path-exclude=/usr/lib/chromium/libv*
path-exclude=/usr/lib/chromium/resources.pak
path-exclude=/usr/lib/chromium/chrome_*.pak
path-exclude=/usr/lib/chromium/locales/*
path-exclude=/usr/share/X11/*
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/man/*
EXCLUDED

apt-get update --quiet=2
# libatomic1: Playwright's driver needs it, and nothing else installs it.
apt-get install --yes --quiet=2 --no-install-recommends \
	python3 ca-certificates tini libatomic1 chromium-headless-shell $tools

# The lock gives versions and hashes; wheels only, so that nothing has to be compiled.
python3 -m venv /opt/aurion
pip="/opt/aurion/bin/python -m pip --quiet --no-cache-dir --disable-pip-version-check"
$pip install --only-binary :all: --require-hashes --requirement "$source/deploy/image/requirements.lock"
$pip install --no-deps "$source"/dist/aurion_planning-*.whl
# A container has no keyring of a desktop: 15 MB of its libraries.
$pip uninstall --yes secretstorage jeepney cryptography cffi pycparser
$pip uninstall --yes pip setuptools
packages=$(echo /opt/aurion/lib/python3*/site-packages)
# Debug symbols: 33 MB of Playwright's Node, 15 MB of the libraries. Playwright's viewers and types: 6 MB.
strip "$packages/playwright/driver/node"
find "$packages" -name '*.so' -exec strip --strip-unneeded {} +
rm -r "$packages/playwright/driver/package/lib/vite" "$packages/playwright/driver/package/types"
# Formats of dates in 1000 languages: 33 MB. Tests of libraries: 6 MB. Sources of what is compiled: 6 MB.
find "$packages/babel/locale-data" -name '*.dat' ! -name 'root.dat' ! -name 'en*.dat' ! -name 'fr*.dat' -delete
find "$packages" -type d \( -name tests -o -name test \) -prune -exec rm -r {} +
find "$packages" -type f \( -name '*.c' -o -name '*.cpp' -o -name '*.h' -o -name '*.pxd' -o -name '*.pyx' \) -delete
# Compiled modules: 59 MB. A container compiles those that it uses, once, into PYTHONPYCACHEPREFIX.
find /opt/aurion -type d -name __pycache__ -prune -exec rm -r {} +
ln -s /opt/aurion/bin/aurion /usr/local/bin/aurion
install -m 755 "$source/deploy/image/entrypoint.sh" /usr/local/bin/aurion-entrypoint

# What Python merely suggests is no reason to keep it.
apt-get purge --yes --quiet=2 --auto-remove -o APT::AutoRemove::SuggestsImportant=false $tools
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old

useradd --uid 10001 --home-dir /data --shell /usr/sbin/nologin aurion
install -d -o aurion -g aurion -m 700 /data
install -d -o aurion -g aurion -m 2750 /var/lib/aurion-hosting/feeds
