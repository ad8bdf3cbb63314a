import { ArgumentError, checkOptions, type OptionKeys } from '@visage/gpu';
import type { ParsingNetwork } from '@visage/simswap';
import { add, avgPool2d, noGrad, resize, scope, slice, softmax, type Tensor } from '@visage/tensor';
import type { MaskChange } from '../swap/photoSwapper.ts';
import { keepOccluders } from './masks.ts';

/**
 * The classes of `visage train parsing` that a swap changes. Glasses are among them: their class covers the eyes behind
 * them, and a swapper keeps glasses as it keeps the pose.
 */
export const swappedClasses: readonly string[] = ['skin', 'eye', 'lips', 'mouth', 'brow', 'mark', 'glasses'];

/** Options of {@link parsedMasks}. */
export interface ParsedMaskOptions {
  /** Names of the classes that a swap changes. Default: {@link swappedClasses}. */
  readonly changed?: readonly string[];
}

const OPTIONS: OptionKeys<ParsedMaskOptions> = { changed: true };

/**
 * The side of the faces that parsing networks learn from, and that of the cells over which their answers are averaged.
 */
const [SIDE, CELL] = [112, 4];

/**
 * Masks of faces without what stands before them: m · (1 − occluder), where a pixel is occluded if a parsing network
 * gives more than half of its probability to classes that no swap changes, such as hair, a hand or the background. The
 * probabilities are averaged over 4 x 4 pixels of the 112 x 112 that the network sees, because single pixels of teeth
 * and lights are taken for something else.
 *
 * @returns the option `masks` of a `PhotoSwapper`. The network stays the caller's.
 * @throws ArgumentError for a class that the network does not have.
 */
export function parsedMasks(network: ParsingNetwork, options: ParsedMaskOptions = {}): MaskChange {
  checkOptions('parsedMasks', options, OPTIONS);
  const { changed = swappedClasses } = options;
  const { classes } = network.config;
  const unknown = changed.find((name) => !classes.includes(name));
  if (unknown !== undefined)
    throw new ArgumentError('parsedMasks', 'changed', `'${unknown}'`, `classes of the network: ${classes.join(', ')}`);
  const kept = classes.flatMap((name, k) => (changed.includes(name) ? [] : [k]));
  if (kept.length === 0)
    throw new ArgumentError('parsedMasks', 'changed', 'all classes of the network', 'at least one class left out');
  return (crops, outlines) => scope(() => noGrad(() => keepOccluders(outlines, occluded(network, kept, crops))));
}

/** The probability that a pixel belongs to one of the classes `kept`: crops [N, S, S, 3] → [N, S, S, 1]. */
function occluded(network: ParsingNetwork, kept: readonly number[], crops: Tensor): Tensor {
  const size = crops.dim(1);
  const seen = size === SIDE ? crops : resize(crops, [SIDE, SIDE]);
  const probabilities = softmax(network.forward(seen), 3);
  const each = kept.map((k) => slice(probabilities, 3, k, k + 1));
  return resize(avgPool2d(each.reduce(add), { kernel: CELL }), [size, size]);
}
