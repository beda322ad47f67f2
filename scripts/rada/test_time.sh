#!/usr/bin/env bash
# Test a trainer that learns from each test picture, or any other beside it:
#   test_time.sh DATASET SEED [TRAINER] [KEY VALUE ...]
# TRAINER is RAdaTPT unless given. One that starts from a trained model takes that of xd_train.sh,
# which has to be finished. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.experiments.run adapted "$@"
