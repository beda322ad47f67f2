#!/usr/bin/env bash
# few_shot.sh for several datasets, seeds and trainers, then the tables:
#   few_shot_all.sh DATASET[,...]|world|all SEED[,...] TRAINER[,...] [KEY VALUE ...]
# JOBS=N runs N at once. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.workers.sweep few_shot "$@"
