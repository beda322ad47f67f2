"""What every run imports: the workers' server imports it once, and they are forked from it.

It must not look for GPUs: CUDA would fix then what each worker sees.
"""

import contextlib

with contextlib.suppress(Exception):  # whatever it is, the first run says it
    from rada.toolbox import use_dassl

    use_dassl()

    from rada.engine import command, config, distributed, errors, results, wise_ft  # noqa: F401
    from rada.engine import registry as trainers_registry
    from rada.rehearsal import config as rehearsal_config  # noqa: F401

    trainers_registry.register_all()
