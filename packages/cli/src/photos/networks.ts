/** @file The generator and the identity network of `visage swap`, from the files that its flags name. */
import { VisageError } from '@visage/gpu';
import { loadSafetensors } from '@visage/nn/node';
import { type TemplateName, trainedTemplate } from '@visage/photos';
import { loadSwapper, type PipelineName, type Precision, type Swapper, swapImageSize } from '@visage/simswap';
import { withFlags } from '../terminal/flags.ts';
import { warnOfPrecision } from '../terminal/precision.ts';

/** The flags of `visage swap` that are about its networks. */
export interface NetworkFlags {
  readonly checkpoint: string;
  readonly identity?: string;
  readonly pipeline?: PipelineName;
  readonly precision?: Precision;
  readonly template?: TemplateName;
}

/** The networks of a swap, read but not yet on a device. */
export interface SwapNetworks {
  /** Height and width of the faces that the generator takes. */
  readonly size: number;
  /**
   * How the faces that the generator was trained on are aligned.
   *
   * @throws VisageError if neither a flag nor the checkpoint says so.
   */
  alignment(): TemplateName;
  /** Makes the swapper on the current device, and warns of a precision that the device does not gain from. */
  swapper(): Promise<Swapper>;
}

/** The names that the command uses for arguments and functions of the libraries. */
const FLAGS = { identity: '--identity', importNetwork: 'visage import' };

const UNKNOWN_TEMPLATE =
  'does not say how the faces that it was trained on were aligned; name it with --template, or give aligned faces with --aligned';

/** Reads the files of a swap's networks. */
export async function readNetworks(flags: NetworkFlags): Promise<SwapNetworks> {
  const { checkpoint, identity, pipeline, precision, template } = flags;
  const file = await loadSafetensors(checkpoint);
  const identityFile = identity === undefined ? undefined : await loadSafetensors(identity);
  const size = await withFlags(FLAGS, () => swapImageSize(file));
  return {
    size,
    alignment() {
      const known = template ?? trainedTemplate(file);
      if (known === undefined) throw new VisageError(`${checkpoint}: ${UNKNOWN_TEMPLATE}`);
      return known;
    },
    async swapper() {
      warnOfPrecision(precision);
      return await withFlags(FLAGS, () => loadSwapper(file, { identity: identityFile, pipeline, precision }));
    },
  };
}
