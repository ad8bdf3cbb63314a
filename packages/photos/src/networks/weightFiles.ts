/**
 * @file The files of trained networks that come with npm packages: where they lie, whose they are, and their hashes.
 */
import { VisageError } from '@visage/gpu';

/** A file of a network, read from an npm package as it is installed. */
export interface WeightFile {
  readonly package: string;
  readonly version: string;
  /** Path inside the package. */
  readonly path: string;
  readonly sha256: string;
  readonly licence: string;
  /** Who made the network, for pages that have to say so. */
  readonly author: string;
}

const faceApi = (path: string, sha256: string, author: string): WeightFile => ({
  package: '@vladmandic/face-api',
  version: '1.7.15',
  path,
  sha256,
  licence: 'MIT',
  author,
});

const human = (path: string, sha256: string): WeightFile => ({
  package: '@vladmandic/human',
  version: '3.3.6',
  path,
  sha256,
  licence: 'Apache-2.0',
  author: 'Google (MediaPipe), converted by Vladimir Mandic',
});

const SSD = 'face-api.js (Vincent Mühler), trained on WIDER FACE by yeephycho';
const DLIB = 'Davis King (dlib), converted for face-api.js by Vincent Mühler';

/** Every file that {@link loadFaceNetworks} may ask for. */
export const weightFiles = {
  ssdManifest: faceApi(
    'model/ssd_mobilenetv1_model-weights_manifest.json',
    '888f744dffbc84f5f060d1f8427d9742341943a2dfaaf9205d10029b7e7a2955',
    SSD,
  ),
  ssd: faceApi(
    'model/ssd_mobilenetv1_model.bin',
    '2835640602d53718aa6ae9a42896327eaa21beefed056c218d32ca7d79e1e2f8',
    SSD,
  ),
  recogniserManifest: faceApi(
    'model/face_recognition_model-weights_manifest.json',
    'cbaffa501b0b9275a12b63357a6843e7e30c054e1c9151e1a5f879b26e32986b',
    DLIB,
  ),
  recogniser: faceApi(
    'model/face_recognition_model.bin',
    'b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589',
    DLIB,
  ),
  meshGraph: human('models/facemesh.json', 'b60ca26f404724f43bd2b1575761d8265180e1f053cc0731caa68462927309e7'),
  mesh: human('models/facemesh.bin', '3826da640b0a3021161605369ee6af293f75d518040355b960ec71a3390c1c0b'),
  blazeFaceGraph: human('models/blazeface.json', 'cd7bbfc078270572beb39f9e5ae67aadbd50b5e67cff37e6d4f6b3ea39312e5f'),
  blazeFace: human('models/blazeface.bin', 'dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72'),
} as const satisfies Record<string, WeightFile>;

/** Reads a file of {@link weightFiles}. */
export type WeightSource = (file: WeightFile) => Promise<Uint8Array>;

/**
 * Fetches weight files in a browser, from `base` + package + '/' + path: a page's build copies them there, under the
 * names that they have in their packages.
 */
export const fetchWeights =
  (base: string): WeightSource =>
  async (file) => {
    const url = `${base.replace(/\/$/, '')}/${file.package}/${file.path}`;
    const response = await fetch(url).catch(({ message }: Error) => {
      throw new VisageError(`${url}: could not be fetched (${message}); ${file.path} lies in ${file.package}`);
    });
    if (!response.ok)
      throw new VisageError(`${url}: answered ${response.status}; copy the file there from ${sourceOf(file)}`);
    return new Uint8Array(await response.arrayBuffer());
  };

const sourceOf = ({ package: name, version, path }: WeightFile): string =>
  `${path} of the npm package ${name}@${version}`;

/**
 * Reads a weight file and checks that it is the one that these networks were built for: another file could have any
 * content, and the numbers in this documentation would not hold.
 *
 * @throws VisageError if its SHA-256 is another one.
 */
export async function readWeights(source: WeightSource, file: WeightFile): Promise<Uint8Array> {
  const bytes = await source(file);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (hex === file.sha256) return bytes;
  throw new VisageError(
    `${file.path} of ${file.package} is ${bytes.length} bytes with SHA-256 ${hex}, expected ${file.sha256}; install version ${file.version} again`,
  );
}
