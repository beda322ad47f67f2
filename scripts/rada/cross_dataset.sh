#!/usr/bin/env bash
# Train on ImageNet, test on the ten other datasets, then the table:
#   cross_dataset.sh SEED[,SEED...] TRAINER[,TRAINER...] [KEY VALUE ...]
# TARGETS=dtd,ucf101 chooses the tests, SOURCE another training set, of the embedded world for
# example. JOBS=N runs N at once. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.workers.sweep transfer "${TARGETS:-others}" "$@"
