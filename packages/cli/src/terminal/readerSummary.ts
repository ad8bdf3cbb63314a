import { relative } from 'node:path';
import { aligned } from '@visage/conformance';
import { duration, figureRows, type ReaderFolder, type ReaderOutcome, readerSteps } from '@visage/training';

/** The text that a command prints when the training of a reader is over. */
export function readerSummary(
  { folder, run }: ReaderFolder,
  outcome: ReaderOutcome,
  adapter: string,
  seconds: number,
): string {
  const { settings } = run;
  const here = relative('.', folder) || '.';
  const weights = relative('.', outcome.weights);
  if (!outcome.finished) {
    const again = `npm run visage -- train ${settings.reader} --resume ${relative('.', outcome.checkpoint)}`;
    return `\nStopped after step ${outcome.step} of ${readerSteps(settings)}; everything is saved, the weights so far in ${weights}. Go on with:\n\n    ${again}\n`;
  }
  const { scores, peopleSet } = outcome;
  const files = [
    [weights, 'the network, in float16'],
    [`${here}/index.html`, 'curves and scores on one page'],
    [`${here}/checkpoint.safetensors`, 'the last step, with the state of the optimizer'],
    [`${here}/log.jsonl`, 'every loss and measurement'],
  ];
  return [
    '',
    `Trained ${outcome.step} steps in ${duration(seconds)} on ${adapter}, ${outcome.stepsPerSecond.toFixed(2)} steps/s`,
    ...(scores ? ['', `On ${settings.heldOut} ${peopleSet} people:`, ...aligned(figureRows(scores))] : []),
    '',
    ...aligned(files).map((line) => `  ${line}`),
  ].join('\n');
}
