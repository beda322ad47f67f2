#!/usr/bin/env bash
# Train on the base classes and test on them: DATASET SEED [TRAINER] [KEY VALUE ...]
# The baselines are run by the same script: give their name as TRAINER. Settings: ../common.sh
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.experiments.run base "$@"
