"""Workers: processes that live on and make run after run of a sweep.

Reading order: isolation (nothing of a run stays), making (one run in this process), local (workers
of this machine), devices (which GPUs each sees), schedule (trainings before their tests), state and
progress (what is told meanwhile), status (of a sweep elsewhere), sweep (the command).
"""
