import { relative } from 'node:path';
import { aligned } from '@visage/conformance';
import type { Outcome, RunFolder } from '@visage/training';
import { describeDiscriminator, describeRecipe, duration, photoTable, scoreTable } from '@visage/training';

/** The text that a command prints when a training run is over. */
export function summary({ folder, run }: RunFolder, outcome: Outcome, adapter: string, seconds: number): string {
  const { settings } = run;
  const here = relative('.', folder) || '.';
  if (!outcome.finished) {
    const again = `npm run visage -- train --resume ${relative('.', outcome.checkpoint)}`;
    return `\nStopped after step ${outcome.step} of ${settings.steps}; everything is saved. Go on with:\n\n    ${again}\n`;
  }
  const rate = outcome.stepsPerSecond;
  const lines = [
    '',
    `Trained ${outcome.step} steps in ${duration(seconds)} on ${adapter}`,
    `${rate.toFixed(2)} steps/s, ${(rate * settings.batchSize * run.trainer.ranks).toFixed(1)} images/s${run.trainer.ranks > 1 ? ` on ${run.trainer.ranks} GPUs` : ''} at ${settings.imageSize} x ${settings.imageSize}, preset ${settings.preset}${settings.precision === 'mixed' ? ', mixed precision' : ''}`,
    `Recipe ${describeRecipe(settings.recipe)}`,
    `Discriminator: ${describeDiscriminator(settings.discriminator)}`,
  ];
  if (outcome.references) {
    const { references, scores, peopleSet = 'tuning' } = outcome;
    const { rows, note } = scoreTable(settings.heldOut, peopleSet, references, scores);
    lines.push('', ...aligned(rows), '', note ?? '');
  }
  if (outcome.photos) {
    const { people, references, scores } = outcome.photos;
    const { rows, note } = photoTable(people, references, scores);
    lines.push('', ...aligned(rows), '', note ?? '');
  }
  const files = [
    ['index.html', 'curves, scores and sample grids on one page'],
    ['swap.png', run.dataSets.length > 0 ? 'source, target, result' : 'source, target, result, exact truth'],
    ['samples/', 'grids of held-out faces over training'],
    ['checkpoint.safetensors', 'what `visage swap` takes'],
    ['log.jsonl', 'every loss and measurement'],
  ];
  lines.push('', `In ${here}/:`, ...aligned(files).map((line) => `  ${line}`));
  return lines.join('\n');
}
