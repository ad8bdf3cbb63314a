import type { LevelShare } from '@visage/simswap';
import { levelOf } from '@visage/training';
import { InvalidArgumentError } from 'commander';

/** The parser of `--level` of trainings: one level, or several with weights. */
export function levels(text: string): LevelShare[] {
  return text.split(',').map((part) => {
    const [name = '', weight = '1'] = part.split('=');
    if (!/^[A-Z]\d$/.test(name) || !(Number(weight) > 0 && Number(weight) <= 1e6))
      throw new InvalidArgumentError('expected a level such as L2, or several with weights, such as L1=1,L2=3.');
    return { level: levelOf(name), weight: Number(weight) };
  });
}
