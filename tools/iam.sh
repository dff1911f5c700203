#!/usr/bin/env bash
# Service accounts for the functions of Gatehouse, with the roles that they need and no more, and roles for an account that
# deploys, such as that of CI. Prints gcloud commands; --apply also runs them, with the account of `gcloud auth login`.
# Can be run again: what exists is kept. docs/operations/service-accounts.md explains each role; a test compares the two.
set -euo pipefail

usage='Usage: tools/iam.sh --project <project id> [options]

      --project <id>          the project
      --deployer <member>     an account that deploys, e.g. serviceAccount:ci@<project id>.iam.gserviceaccount.com
      --token-exchange        the API signs custom tokens: token exchange, sessions, passkeys
      --app-check-consume     App Check tokens are accepted once (APP_CHECK_CONSUME)
      --identity-platform     deployments register blocking functions (IDENTITY_PLATFORM)
      --apply                 run the commands, too
  -h, --help                  this text'

project= deployer= token_exchange= app_check_consume= identity_platform= apply=
while (($# > 0)); do
  case $1 in
    --project) project=${2:?$usage} && shift ;;
    --deployer) deployer=${2:?$usage} && shift ;;
    --token-exchange) token_exchange=yes ;;
    --app-check-consume) app_check_consume=yes ;;
    --identity-platform) identity_platform=yes ;;
    --apply) apply=yes ;;
    -h | --help) echo "$usage" && exit ;;
    *) echo "$usage" >&2 && exit 2 ;;
  esac
  shift
done
[[ $project =~ ^[a-z0-9-]+$ ]] || { echo "$usage" >&2 && exit 2; }
[[ $deployer =~ ^$|^(serviceAccount|user|group|principal|principalSet):[^[:space:]]+$ ]] || { echo "$usage" >&2 && exit 2; }

run() {
  printf '%q ' "$@" && echo
  if [[ $apply ]]; then "$@" --quiet >/dev/null; fi
}

# create <command that shows it> -- <command that creates it>
create() {
  local show=()
  while [[ $1 != -- ]]; do show+=("$1") && shift; done
  shift
  if [[ $apply ]] && "${show[@]}" >/dev/null 2>&1; then echo "# exists: ${show[*]}"; else run "$@"; fi
}

grant() { # grant <member> <role>, on the project
  run gcloud projects add-iam-policy-binding "$project" --member "$1" --role "$2" --condition None
}

grant_on() { # grant_on <service account> <member> <role>
  run gcloud iam service-accounts add-iam-policy-binding "$1" --project "$project" --member "$2" --role "$3" --condition None
}

email() { echo "gatehouse-$1@$project.iam.gserviceaccount.com"; }

# What the code calls in Firebase Auth. roles/firebaseauth.admin can also read OAuth secrets and change how users sign in.
accounts="projects/$project/roles/gatehouseAccounts"
permissions=firebaseauth.users.create,firebaseauth.users.delete,firebaseauth.users.get,firebaseauth.users.sendEmail,firebaseauth.users.update

apis=(cloudfunctions cloudbuild artifactregistry run eventarc pubsub cloudscheduler firestore identitytoolkit secretmanager)
if [[ $token_exchange ]]; then apis+=(iamcredentials); fi # signs the custom tokens
if [[ $app_check_consume ]]; then apis+=(firebaseappcheck); fi
run gcloud services enable --project "$project" "${apis[@]/%/.googleapis.com}"

create gcloud iam roles describe gatehouseAccounts --project "$project" -- \
  gcloud iam roles create gatehouseAccounts --project "$project" --title 'Gatehouse accounts' --permissions "$permissions"

for name in api callables triggers; do
  create gcloud iam service-accounts describe "$(email $name)" --project "$project" -- \
    gcloud iam service-accounts create "gatehouse-$name" --project "$project"
  grant "serviceAccount:$(email $name)" roles/datastore.user
  grant "serviceAccount:$(email $name)" "$accounts"
done

# Eventarc delivers user events as this account, and Cloud Run lets it call the function.
grant "serviceAccount:$(email triggers)" roles/eventarc.eventReceiver
grant "serviceAccount:$(email triggers)" roles/run.invoker

if [[ $token_exchange ]]; then
  # On itself only: on the project, it could sign as every service account.
  grant_on "$(email api)" "serviceAccount:$(email api)" roles/iam.serviceAccountTokenCreator
fi
if [[ $app_check_consume ]]; then
  for name in api callables; do grant "serviceAccount:$(email $name)" roles/firebaseappcheck.tokenVerifier; done
fi

if [[ $deployer ]]; then
  # Whoever deploys code that runs as these accounts has their rights. There is no smaller way to deploy.
  for role in \
    roles/cloudfunctions.admin \
    roles/cloudscheduler.admin \
    roles/datastore.indexAdmin \
    roles/firebase.viewer \
    roles/firebasehosting.admin \
    roles/firebaserules.admin \
    roles/secretmanager.viewer \
    roles/serviceusage.serviceUsageConsumer; do
    grant "$deployer" "$role"
  done
  if [[ $identity_platform ]]; then grant "$deployer" roles/firebaseauth.admin; fi
  for name in api callables triggers; do
    grant_on "$(email $name)" "$deployer" roles/iam.serviceAccountUser
  done
fi
