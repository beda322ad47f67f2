"""Pre-train the tiny CLIP on captioned renderings: python -m rada.world.pretrain [--out FILE]

Contrastive learning as in CLIP (Radford et al., arXiv 2103.00020) on 32 x 32 pictures, with focus
batches (see focus.py) and several positives where captions agree. One process, fixed threads and
seeds: the same machine and versions give the same file.
"""

import argparse
import math
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rada.backbones.weights import TINY_CLIP_FILE, import_clip
from rada.losses import contrastive_loss
from rada.world.batches import Batches, Settings
from rada.world.corpus import Corpus, draw_corpus
from rada.world.evaluate import report_concepts
from rada.world.export import save
from rada.world.tokens import LENGTH, Vocabulary


def build_model(vocabulary_size: int) -> nn.Module:
    """An untrained CLIP: ViT of 3 layers, width 128, patches of 8; text of 2 layers, width 64."""
    model = import_clip().model.CLIP(128, 32, 3, 128, 8, LENGTH, vocabulary_size, 64, 1, 2)
    return model.float()


def build_optimizers(model: nn.Module, settings: Settings) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for all else."""
    blocks, decayed, free = [], [], []
    for name, parameter in model.named_parameters():
        inside = "resblocks" in name and parameter.ndim == 2
        (blocks if inside else decayed if parameter.ndim > 1 else free).append(parameter)
    adamw = {"lr": settings.rate, "betas": (0.9, 0.98), "eps": 1e-6}
    groups = [
        {"params": decayed, "weight_decay": settings.decay},
        {"params": free, "weight_decay": 0},
    ]
    muon = torch.optim.Muon(
        blocks, lr=settings.muon_rate, weight_decay=settings.decay, adjust_lr_fn="match_rms_adamw"
    )
    return [torch.optim.AdamW(groups, **adamw), muon]


def batch_loss(model: nn.Module, images: Tensor, tokens: Tensor, positives: Tensor) -> Tensor:
    """CLIP's symmetric loss with soft targets (B, B)."""
    texts, inverse = tokens.unique(dim=0, return_inverse=True)  # equal captions are encoded once
    image_features = F.normalize(model.encode_image(images), dim=-1)
    text_features = F.normalize(model.encode_text(texts), dim=-1)[inverse]
    return contrastive_loss(image_features, text_features, model.logit_scale.exp(), positives)


def train(settings: Settings, corpus: Corpus, vocabulary: Vocabulary, every: int = 1000):
    """Train from scratch.

    Returns:
        (model, losses), one loss a step.
    """
    torch.manual_seed(settings.seed)
    model = build_model(len(vocabulary))
    optimizers = build_optimizers(model, settings)
    rates = [group["lr"] for o in optimizers for group in o.param_groups]
    batches, losses, start = Batches(corpus, vocabulary, settings), [], time.time()
    for step in range(settings.steps):
        cosine = 0.5 + 0.5 * math.cos(math.pi * step / settings.steps)
        groups = [group for o in optimizers for group in o.param_groups]
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate * cosine * min(1, (step + 1) / settings.warmup)
        losses.append(_step(model, optimizers, batches.draw()))
        if (step + 1) % every == 0:
            recent = sum(losses[-100:]) / len(losses[-100:])
            print(f"step {step + 1} loss {recent:.3f} {time.time() - start:.0f} s", flush=True)
            print("  " + report_concepts(model, vocabulary), flush=True)
    return model.eval(), losses


def _step(model, optimizers, batch) -> float:
    loss = batch_loss(model, *batch)
    model.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
    with torch.no_grad():
        model.logit_scale.clamp_(0, math.log(100))  # as in CLIP
    return loss.item()


def main() -> None:
    """Train with the default settings and save the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", default=str(TINY_CLIP_FILE), help="file to write")
    path = parser.parse_args().out
    settings = Settings()
    torch.set_num_threads(settings.threads)
    print(settings, flush=True)
    corpus = draw_corpus(settings.pictures, settings.corpus_seed)
    vocabulary = Vocabulary()
    model, _ = train(settings, corpus, vocabulary)
    print(f"sha256 {save(model, vocabulary, path)}  {path}")


if __name__ == "__main__":
    main()
