/** @file The networks of a swap: from the files that flags name, and those that come with Visage. */
import { VisageError } from '@visage/gpu';
import type { SafetensorsFile } from '@visage/nn';
import { loadSafetensors } from '@visage/nn/node';
import {
  type MaskChange,
  mostExaggeration,
  parsedMasks,
  type TemplateName,
  templates,
  trainedTemplate,
} from '@visage/photos';
import { loadSwapper, type PipelineName, type Precision, type Swapper, swapImageSize } from '@visage/simswap';
import { builtInWeights, loadParsingNetwork } from '@visage/training';
import { Option } from 'commander';
import { UsageError } from '../terminal/failure.ts';
import { withFlags } from '../terminal/flags.ts';
import { number } from '../terminal/options.ts';
import { warnOfPrecision } from '../terminal/precision.ts';

/** What limits the masks of swapped faces: their outline, or also what a parsing network sees before them. */
const maskKinds = ['parsed', 'outline'] as const;

/** The flags of `visage swap` and `visage eval` that are about their networks. */
export interface NetworkFlags {
  readonly checkpoint?: string;
  readonly identity?: string;
  readonly pipeline?: PipelineName;
  readonly precision?: Precision;
  readonly template?: TemplateName;
  readonly masks?: (typeof maskKinds)[number];
  readonly exaggerate?: number;
}

/** The option `--template`. */
export const templateOption = (when = ''): Option =>
  new Option(
    '--template <name>',
    `${when}how the faces of the training were aligned (default: as the file says)`,
  ).choices(Object.keys(templates));

/** The option `--masks`. */
export const masksOption = (when = ''): Option =>
  new Option(
    '--masks <which>',
    `${when}what limits the swapped face: what a parsing network sees before it (parsed, the default), or its outline alone`,
  ).choices(maskKinds);

/**
 * How far identities are exaggerated in photographs by the networks that come with Visage: chosen on portraits of which
 * no figure is reported, see the README of `heads-swapper`.
 */
const SHIPPED_EXAGGERATION = 1;

/** The option `--exaggerate`. */
export function exaggerateOption(when = ''): Option {
  const usual = `default: ${SHIPPED_EXAGGERATION} in photographs by the swapper that comes with Visage, otherwise 0`;
  const about = `${when}how far the identity goes beyond the source's, away from the target's (${usual})`;
  return new Option('--exaggerate <amount>', about).argParser(number(0, mostExaggeration));
}

/** The weight files of a swap. */
export interface NetworkFiles {
  readonly checkpoint: string;
  readonly identity?: string;
}

/**
 * The files that flags name; without a checkpoint those that come with Visage.
 *
 * @throws UsageError for an identity network without the generator that it belongs to.
 */
export function networkFiles({ checkpoint, identity }: NetworkFlags): NetworkFiles {
  if (checkpoint !== undefined) return { checkpoint, identity };
  if (identity !== undefined)
    throw new UsageError(
      `--identity ${identity} belongs to an imported generator, and --checkpoint names none; leave --identity out to take the networks that come with Visage`,
    );
  return { checkpoint: builtInWeights('heads-swapper'), identity: builtInWeights('heads-identity') };
}

/** The networks of a swap, read but not yet on a device. */
export interface SwapNetworks {
  /** The name of the generator's file for people. */
  readonly name: string;
  /** The generator, or the training checkpoint that holds it. */
  readonly file: SafetensorsFile;
  /** Height and width of the faces that the generator takes. */
  readonly size: number;
  /** How far identities are exaggerated in photographs. */
  readonly exaggeration: number;
  /**
   * How the faces that the generator was trained on are aligned.
   *
   * @throws VisageError if neither a flag nor the checkpoint says so.
   */
  alignment(): TemplateName;
  /** Makes the swapper on the current device, and warns of a precision that the device does not gain from. */
  swapper(): Promise<Swapper>;
  /** Makes what changes the masks of faces on the current device; `undefined` where the outline alone limits them. */
  masks(): Promise<MaskChange | undefined>;
}

/** The names that the command uses for arguments and functions of the libraries. */
const FLAGS = { identity: '--identity', importNetwork: 'visage import' };

const UNKNOWN_TEMPLATE =
  'does not say how the faces that it was trained on were aligned; name it with --template (or swap faces that are aligned already, by `visage swap --aligned`)';

/** Reads the files of a swap's networks. */
export async function readNetworks(flags: NetworkFlags): Promise<SwapNetworks> {
  const { pipeline, precision, template, masks = 'parsed', exaggerate } = flags;
  const { checkpoint, identity } = networkFiles(flags);
  const file = await loadSafetensors(checkpoint);
  const identityFile = identity === undefined ? undefined : await loadSafetensors(identity);
  const size = await withFlags(FLAGS, () => swapImageSize(file));
  return {
    name: flags.checkpoint ?? 'the swapper that comes with Visage',
    file,
    size,
    exaggeration: exaggerate ?? (flags.checkpoint === undefined ? SHIPPED_EXAGGERATION : 0),
    alignment() {
      const known = template ?? trainedTemplate(file);
      if (known === undefined) throw new VisageError(`${checkpoint}: ${UNKNOWN_TEMPLATE}`);
      return known;
    },
    async swapper() {
      warnOfPrecision(precision);
      return await withFlags(FLAGS, () => loadSwapper(file, { identity: identityFile, pipeline, precision }));
    },
    async masks() {
      return masks === 'parsed' ? parsedMasks(await loadParsingNetwork(builtInWeights('heads-parsing'))) : undefined;
    },
  };
}
