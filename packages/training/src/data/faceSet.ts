import { openFaceSet } from '@visage/photos/node';
import type { DataSet } from './dataSet.ts';

/**
 * Opens a set that `visage dataset` wrote.
 *
 * @throws FileError that names the file of the set that is damaged or missing.
 */
export async function openedFaceSet(folder: string): Promise<DataSet> {
  const set = await openFaceSet(folder);
  return {
    folder,
    people: [...set.people].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    leftOut: [],
    template: set.template,
    fingerprint: { people: set.people.length, pictures: set.faces, digest: set.digest },
    place(face) {
      const place = set.place(face);
      return { ...place, name: `${place.file}, byte ${place.offset}` };
    },
  };
}
