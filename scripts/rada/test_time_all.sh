#!/usr/bin/env bash
# test_time.sh for several datasets, seeds and trainers, then the table:
#   test_time_all.sh DATASET[,...]|shifts|world|all SEED[,...] TRAINER[,...] [KEY VALUE ...]
# A training that is needed and not finished comes first; KEY VALUE and CFG are for the tests only.
# JOBS=N runs N at once. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.workers.sweep test_time "$@"
