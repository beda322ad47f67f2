"""The modules that a trainer learns, registered with the toolbox, each for its epochs."""

from dassl.optim import build_optimizer
from rada.engine.optim import Learned, build_schedule, load_initial_weights


class LearnedModules:
    """Mixin of `CLIPTrainer`; a method extends `learned`.

    Attributes:
        learned_parameters, learned_bytes: of all modules together, each counted once.
        phases: the epochs in which a module learns, by name; empty if all learn in all epochs.
    """

    learned_parameters = learned_bytes = 0
    phases: dict[str, range] = {}

    def learned(self) -> dict[str, Learned]:
        """The modules to train, by the name of their checkpoint folder; the method's own first."""
        return {}

    def register_learned(self) -> None:
        """Give each learned module its optimiser and schedule; print how much is learned."""
        cfg, learned = self.cfg, self.learned()
        if learned and not any(p.requires_grad for p in self.model.encoder.backbone.parameters()):
            print("Turning off gradients in both the image and the text encoder")
        for name, (module, optim_cfg, _) in learned.items():
            if cfg.MODEL.INIT_WEIGHTS and not self._models:
                load_initial_weights(module, cfg.MODEL.INIT_WEIGHTS)
            optim = build_optimizer(module, optim_cfg)
            sched = build_schedule(optim, optim_cfg, len(self.train_loader_x))
            self.register_model(name, module, optim, sched)
        self.phases = {name: own.epochs for name, own in learned.items() if own.epochs is not None}
        if self.phases:
            self.max_epoch = max(epochs.stop for epochs in self.phases.values())
        tensors = list({id(p): p for m in self._models.values() for p in m.parameters()}.values())
        self.learned_parameters = sum(p.numel() for p in tensors)
        self.learned_bytes = sum(p.nbytes for p in tensors)
        size = f"{self.learned_bytes / 1e3:,.1f} kB"
        print(
            f"# learned parameters: {self.learned_parameters:,} in {len(tensors)} tensors, {size}"
        )

    def active(self) -> list[str]:
        """Names of the modules that learn in this epoch."""
        return [
            name
            for name in self.get_model_names()
            if name not in self.phases or self.epoch in self.phases[name]
        ]

    def before_epoch(self) -> None:
        """Let gradients flow to what learns in this epoch alone, and be shared by all processes."""
        super().before_epoch()
        if self.phases:
            for module in self._models.values():
                module.requires_grad_(False)
            for name in self.active():
                self._models[name].requires_grad_(True)
        if self.starts_phase():
            self.best_result = -float("inf")  # the best is one of the last phase
        if self.epoch == self.start_epoch or self.starts_phase():
            self.connect()

    def starts_phase(self) -> bool:
        """Whether a module begins to learn in this epoch."""
        return any(epochs.start == self.epoch for epochs in self.phases.values())

    def get_current_lr(self, names: str | list[str] | None = None) -> float:
        """Learning rate of the first (named) module, by default of those that learn now."""
        return super().get_current_lr(names or self.active())
