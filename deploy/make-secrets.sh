#!/bin/sh
# Makes the secrets that docker-compose.yml mounts, each in a file of its own in secrets/. What is there stays as it is, and
# what .env sets is taken from there.
set -eu
cd "$(dirname "$0")/.."
command -v openssl >/dev/null || { echo 'openssl is not on PATH: install it.' >&2; exit 1; }
mkdir -p secrets
# The containers' users have to read the files, so the folder keeps the others of this machine out.
chmod 700 secrets

from_env() { [ ! -f .env ] || sed -n "s/^$1=[\"']\{0,1\}\([^\"']*\)[\"']\{0,1\}\$/\1/p" .env | tail -n 1; }
keep() {
  [ ! -s "secrets/$1" ] || return 0
  [ -n "$2" ] || { echo "secrets/$1 could not be made." >&2; exit 1; }
  printf '%s\n' "$2" >"secrets/$1.part"
  chmod 444 "secrets/$1.part"
  mv "secrets/$1.part" "secrets/$1"
  echo "Made secrets/$1"
}
or_random() { if [ -n "$1" ]; then echo "$1"; else openssl rand -hex 32; fi; }

keep auth_secret "$(or_random "$(from_env AUTH_SECRET)")"
keep admin_password "$(or_random "$(from_env ADMIN_PASSWORD)")"
keep mongo_password "$(openssl rand -hex 32)"
keep redis_conf "requirepass $(openssl rand -hex 32)"
keep mongodb_url "mongodb://bluesky-connect:$(cat secrets/mongo_password)@mongo:27017/bluesky-connect?authSource=admin"
keep redis_url "redis://:$(sed 's/^requirepass //' secrets/redis_conf)@redis:6379"

# Where no mail is sent there is none, and the file that is mounted has to be there all the same.
smtp="$(from_env SMTP_URL)"
if [ -n "$smtp" ]; then keep smtp_url "$smtp"; fi
[ -e secrets/smtp_url ] || { : >secrets/smtp_url && chmod 444 secrets/smtp_url; }

# The two belong together, so they are taken or made together.
sealing="$(from_env SEALING_KEY)"
unsealing="$(from_env UNSEALING_KEYS)"
if [ -z "$sealing" ] || [ -z "$unsealing" ]; then
  private="$(openssl genpkey -algorithm X25519 -outform DER | openssl base64 -A)"
  sealing="k1:$(printf '%s' "$private" | openssl base64 -A -d | openssl pkey -inform DER -pubout -outform DER | openssl base64 -A)"
  unsealing="k1:$private"
fi
if [ ! -s secrets/unsealing_keys ] && [ ! -s secrets/sealing_key ]; then
  keep unsealing_keys "$unsealing"
  keep sealing_key "$sealing"
fi
