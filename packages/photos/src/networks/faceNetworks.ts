/** @file The networks that read photographs: loaded when they are first asked for, recorded, and replayed. */
import type { RecordedStep } from '@visage/gpu';
import { Recordings } from '@visage/simswap';
import { assign, copy, keep, record, scope, type Tensor } from '@visage/tensor';
import { empty } from '@visage/tensor/kernels';
import { BlazeFace } from './blazeFace.ts';
import { FaceMeshNetwork, type Meshes } from './faceMesh.ts';
import { type Descriptors, FaceRecogniser } from './faceRecogniser.ts';
import type { FrozenNetwork, Results } from './frozenNetwork.ts';
import { type Detections, SsdFaceDetector } from './ssdFaceDetector.ts';
import { jsonOf, readTfWeights } from './tfWeights.ts';
import { readWeights, type WeightFile, type WeightSource, weightFiles } from './weightFiles.ts';

/** Batches whose recordings are kept for each network. */
const MOST_BATCHES = 6;

/** A network recorded for one number of pictures. */
class RecordedBatch<R extends Results<R>> {
  constructor(
    readonly pictures: Tensor,
    readonly step: RecordedStep<R>,
  ) {}

  dispose(): void {
    for (const owned of [this.step, this.pictures]) owned.dispose();
  }
}

/** A network that is recorded at the first batch of each size and replayed from then on. */
export class ReplayedNetwork<R extends Results<R>> {
  readonly network: FrozenNetwork<R>;
  readonly #recorded = new Recordings<number, RecordedBatch<R>>(MOST_BATCHES);

  constructor(network: FrozenNetwork<R>) {
    this.network = network;
  }

  /** Height and width of the pictures that it takes. */
  get size(): number {
    return this.network.size;
  }

  /**
   * The results for RGB pictures [N, size, size, 3] in [0, 1]. They belong to the caller, or to the surrounding scope.
   *
   * @throws ArgumentError for other shapes and types.
   */
  run(pictures: Tensor): R {
    this.network.check(pictures);
    return scope(() => {
      const { pictures: input, step } = this.#recorded.get(pictures.dim(0), () => this.#record(pictures));
      assign(input, pictures);
      step.run({ submit: false });
      return Object.fromEntries(Object.entries<Tensor>(step.result).map(([name, result]) => [name, copy(result)])) as R;
    });
  }

  dispose(): void {
    this.#recorded.dispose();
    this.network.dispose();
  }

  #record(like: Tensor): RecordedBatch<R> {
    const pictures = empty(like.gpu, like.shape);
    const step = this.network.inference(() => record(() => this.network.forward(pictures)));
    return new RecordedBatch(keep(pictures), step);
  }
}

/** The networks of {@link loadFaceNetworks}. Each is read and uploaded when it is first asked for. */
export interface FaceNetworks {
  /** Finds faces in pictures of 512 pixels. */
  detector(): Promise<ReplayedNetwork<Detections>>;
  /** 468 points of a face in a crop of 192 pixels, and whether it is one. */
  mesh(): Promise<ReplayedNetwork<Meshes>>;
  /** Finds faces that fill a picture of 256 pixels. */
  blazeFace(): Promise<ReplayedNetwork<Detections>>;
  /** Describes whose face a chip of 150 pixels shows. */
  recogniser(): Promise<ReplayedNetwork<Descriptors>>;
  /** Gives the memory of the networks that were loaded back. */
  dispose(): Promise<void>;
}

/**
 * The networks that find, verify and describe faces, with weights from `source`: `npmWeights` of `@visage/photos/node`,
 * or {@link fetchWeights} in a browser.
 */
export function loadFaceNetworks(source: WeightSource): FaceNetworks {
  const loaded = new Map<string, Promise<{ dispose(): void }>>();
  const once = <R extends Results<R>>(name: string, make: () => Promise<FrozenNetwork<R>>) => {
    const known = loaded.get(name);
    if (known) return known as Promise<ReplayedNetwork<R>>;
    const made = make().then((network) => new ReplayedNetwork(network));
    loaded.set(name, made);
    // A file that could not be read may be there at the next call.
    made.catch(() => loaded.get(name) === made && loaded.delete(name));
    return made;
  };
  const read = (file: WeightFile) => readWeights(source, file);
  const both = async (description: WeightFile, weights: WeightFile) => {
    const [json, bytes] = await Promise.all([read(description), read(weights)]);
    return [jsonOf(json), bytes] as const;
  };
  const { ssdManifest, ssd, recogniserManifest, recogniser, meshGraph, mesh, blazeFaceGraph, blazeFace } = weightFiles;
  return {
    detector: () => once('detector', async () => new SsdFaceDetector(readTfWeights(...(await both(ssdManifest, ssd))))),
    mesh: () => once('mesh', async () => new FaceMeshNetwork(...(await both(meshGraph, mesh)))),
    blazeFace: () => once('blazeFace', async () => new BlazeFace(...(await both(blazeFaceGraph, blazeFace)))),
    recogniser: () =>
      once(
        'recogniser',
        async () => new FaceRecogniser(readTfWeights(...(await both(recogniserManifest, recogniser)))),
      ),
    async dispose() {
      const asked = [...loaded.values()];
      loaded.clear();
      for (const network of await Promise.allSettled(asked))
        if (network.status === 'fulfilled') network.value.dispose();
    },
  };
}
