"""The toolbox's line about a step, which people parse."""

import datetime

from dassl.utils import AverageMeter, MetricMeter


def progress_line(
    trainer, losses: MetricMeter, batch_time: AverageMeter, data_time: AverageMeter
) -> str:
    """Epoch, batch, seconds, losses, rate and what is left, of a trainer that has just stepped."""
    batches = trainer.num_batches
    left = (trainer.max_epoch - trainer.epoch) * batches - trainer.batch_idx - 1
    return (
        f"epoch [{trainer.epoch + 1}/{trainer.max_epoch}] "
        f"batch [{trainer.batch_idx + 1}/{batches}] "
        f"time {batch_time.val:.3f} ({batch_time.avg:.3f}) "
        f"data {data_time.val:.3f} ({data_time.avg:.3f}) "
        f"{losses} "
        f"lr {trainer.get_current_lr():.4e} "
        f"eta {datetime.timedelta(seconds=int(batch_time.avg * left))}"
    )
