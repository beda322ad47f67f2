#!/usr/bin/env bash
# Fine-tune on all classes and test on them: DATASET SEED [TRAINER] [KEY VALUE ...]
# shellcheck source=scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
exec "$PYTHON" -m rada.experiments.run tuned "$@"
